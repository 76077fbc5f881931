import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';

import type { ProviderControl } from './provider/client.ts';
import type { Queues } from './queues.ts';

/** What a test clock asks of the stack around it: is the queue empty, and let the provider move along. */
export async function startHooks(queues: Queues, provider: ProviderControl) {
  const app = new Hono();
  app.get('/queue', async (context) =>
    context.json({ queued: await queues.queued(context.req.queries('group') ?? []) }),
  );
  app.get('/provider/:id', async (context) =>
    context.json({ next: await provider.next(context.req.param('id')) }),
  );
  app.post('/provider/:id/advance', async (context) => {
    const { to } = await context.req.json<{ to: string }>();
    await provider.advance(context.req.param('id'), to);
    return context.json({ ok: true });
  });
  const server = createAdaptorServer({ fetch: app.fetch });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async (): Promise<void> => {
      const closed = once(server, 'close');
      server.close();
      if ('closeAllConnections' in server) server.closeAllConnections();
      await closed;
    },
  };
}
