import { createEventConsumer } from './handlers/event-consumer.ts';
import { readConfig } from './shared/config.ts';
import { createDeliver } from './shared/deliver.ts';
import { createJobs } from './shared/jobs.ts';
import { createQueue } from './shared/queue.ts';
import { createRecords } from './shared/records.ts';
import { TemporalGateway } from './shared/temporal-client.ts';

const config = readConfig('QUEUE_URL', 'DEAD_LETTER_QUEUE_URL', 'TABLE_NAME', 'LIFECYCLE_POLICY');

export const handler = createEventConsumer({
  deliver: createDeliver(
    new TemporalGateway(),
    createRecords(config.TABLE_NAME),
    config.LIFECYCLE_POLICY,
    createJobs(config.TABLE_NAME),
  ),
  queue: createQueue(config.QUEUE_URL),
  deadLetters: createQueue(config.DEAD_LETTER_QUEUE_URL),
});
