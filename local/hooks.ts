import { Hono } from 'hono';

import type { ProviderControl } from './provider/client.ts';
import type { Queues } from './queues.ts';
import { serve, type Served } from './serve.ts';

/** What a test clock asks of the stack around it: is the queue empty, and let the provider move along. */
export function startHooks(queues: Queues, provider: ProviderControl): Promise<Served> {
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
  return serve(app);
}
