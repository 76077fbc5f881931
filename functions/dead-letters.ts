import { handle } from 'hono/aws-lambda';

import { createDeadLetterApi } from './handlers/dead-letters.ts';
import { readConfig } from './shared/config.ts';
import { createDeadLetters } from './shared/dead-letters.ts';
import { createQueue } from './shared/queue.ts';

const config = readConfig('QUEUE_URL', 'DEAD_LETTER_QUEUE_URL');

export const handler = handle(
  createDeadLetterApi({
    deadLetters: createDeadLetters(config.DEAD_LETTER_QUEUE_URL, createQueue(config.QUEUE_URL)),
  }),
);
