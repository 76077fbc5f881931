import { createUnsubscribe } from './handlers/unsubscribe.ts';
import { readConfig, readSecretSource } from './shared/config.ts';
import { createQueue } from './shared/queue.ts';
import { createSecrets } from './shared/secrets.ts';

const config = readConfig('QUEUE_URL');

export const handler = createUnsubscribe({
  queue: createQueue(config.QUEUE_URL),
  secrets: createSecrets(readSecretSource('LINK_SECRET')),
  now: Date.now,
});
