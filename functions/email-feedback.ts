import { createEmailFeedback } from './handlers/email-feedback.ts';
import { readConfig } from './shared/config.ts';
import { createQueue } from './shared/queue.ts';
import { createSuppressions } from './shared/suppressions.ts';

const config = readConfig('QUEUE_URL', 'TABLE_NAME');

export const handler = createEmailFeedback({
  suppressions: createSuppressions(config.TABLE_NAME),
  queue: createQueue(config.QUEUE_URL),
});
