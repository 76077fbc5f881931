import { createWebhookHandler } from './handlers/webhook.ts';
import { readConfig } from './shared/config.ts';
import { createQueue } from './shared/queue.ts';

const config = readConfig('QUEUE_URL', 'STRIPE_WEBHOOK_SECRET', 'WEBHOOK_SECRET');

export const handler = createWebhookHandler({
  queue: createQueue(config.QUEUE_URL),
  stripeSecrets: config.STRIPE_WEBHOOK_SECRET,
  webhookSecrets: config.WEBHOOK_SECRET,
  now: Date.now,
});
