// A payment provider for laptops and tests: speaks enough of Stripe's API for Stripe's library, and moves with test clocks.
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

import { createAnnounce } from './announce.ts';
import { createStripeApi } from './api.ts';
import { readConfig } from './config.ts';
import { createControl } from './control.ts';
import { createInspection } from './inspection.ts';
import { Store } from './store.ts';
import { Webhooks } from './webhooks.ts';

const { PORT, WEBHOOK_URL, WEBHOOK_SECRET } = readConfig(process.env);
const store = new Store();
const requests: string[] = [];
const webhooks = new Webhooks(WEBHOOK_URL, WEBHOOK_SECRET);
const announce = createAnnounce(webhooks);

const app = new Hono();
app.get('/health', (context) => context.json({ status: 'ok' }));
app.route('/control', createControl(store, webhooks, announce, requests));
const endpoint = {
  id: 'we_sim',
  object: 'webhook_endpoint',
  url: WEBHOOK_URL,
  status: 'enabled',
  enabled_events: ['*'],
  api_version: '2026-09-30.endive',
};
app.route('/', createInspection(store, { endpoints: [endpoint] }, requests));
app.route('/', createStripeApi(store, requests, announce));
app.onError((error, context) => {
  console.error(error);
  return context.json({ error: { type: 'api_error', message: error.message } }, 500);
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: PORT });
