import { createWebhookHandler } from './handlers/webhook.ts';
import { readConfig, readSecretSource } from './shared/config.ts';
import { createQueue } from './shared/queue.ts';
import { createSecrets } from './shared/secrets.ts';

const config = readConfig('QUEUE_URL');

export const handler = createWebhookHandler({
  queue: createQueue(config.QUEUE_URL),
  stripeSecrets: createSecrets(readSecretSource('STRIPE_WEBHOOK_SECRET')),
  webhookSecrets: createSecrets(readSecretSource('WEBHOOK_SECRET')),
  now: Date.now,
});
