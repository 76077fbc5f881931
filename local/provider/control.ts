import { Hono } from 'hono';
import * as z from 'zod';

import { fromUnix, toMs } from '../../workflows/domain/time.ts';
import { happen, nextHappening } from './simulation.ts';
import type { Store, Subscription } from './store.ts';
import type { Webhooks } from './webhooks.ts';

const observed = z.looseObject({
  id: z.string(),
  type: z.string(),
  created: z.int(),
  data: z.looseObject({ object: z.looseObject({ object: z.string().optional() }) }),
});

/** Steers the simulation: what the provider is to know, where its clock goes, and what it has done. */
export function createControl(store: Store, webhooks: Webhooks, requests: string[]): Hono {
  const app = new Hono();

  /** A Stripe event that came in from elsewhere: the provider's view follows it. */
  app.post('/observe', async (context) => {
    const parsed = observed.safeParse(await context.req.json());
    if (parsed.success && !webhooks.isOwn(parsed.data.id)) {
      const { created, data } = parsed.data;
      const { object } = data;
      if (object.object === 'subscription')
        store.observe(object as unknown as Subscription, created);
      if (object.object === 'customer') {
        const { id } = object as unknown as { id: string };
        store.customers.set(id, { ...store.customer(id), ...object } as never);
      }
    }
    return context.json({ ok: true });
  });

  app.get('/subscriptions/:id/next', (context) => {
    const account = store.accounts.get(context.req.param('id'));
    const next = account && nextHappening(account);
    return context.json({ next: next === undefined ? null : fromUnix(next) });
  });

  app.post('/subscriptions/:id/advance', async (context) => {
    const { to } = z.object({ to: z.iso.datetime() }).parse(await context.req.json());
    const until = Math.floor(toMs(to) / 1000);
    const account = store.accounts.get(context.req.param('id'));
    for (;;) {
      const next = account && nextHappening(account);
      if (account === undefined || next === undefined || next > until) break;
      for (const happening of happen(account, next, store)) {
        account.created = Math.max(account.created, happening.created);
        account.said.push({ type: happening.type, created: happening.created });
        if (!account.isSilent) await webhooks.send(happening);
      }
    }
    return context.json({ ok: true });
  });

  app.get('/subscriptions/:id/said', (context) =>
    context.json(store.accounts.get(context.req.param('id'))?.said ?? []),
  );

  /** Lets the webhooks of one subscription get lost, or come through again. */
  app.post('/subscriptions/:id/silence', async (context) => {
    const { isSilent } = z.object({ isSilent: z.boolean() }).parse(await context.req.json());
    const account = store.accounts.get(context.req.param('id'));
    if (account === undefined) return context.json({ error: 'unknown subscription' }, 404);
    account.isSilent = isSilent;
    return context.json({ ok: true });
  });

  /** Holds back the answers to charges that have been made, as a provider in trouble does, or lets them go. */
  let open: (() => void) | undefined;
  app.post('/hold', async (context) => {
    const { isHeld } = z.object({ isHeld: z.boolean() }).parse(await context.req.json());
    if (isHeld) store.gate = new Promise<void>((resolve) => (open = resolve));
    else open?.();
    return context.json({ ok: true });
  });

  app.get('/charges', (context) => context.json(store.charges));
  app.get('/requests', (context) => context.json(requests));

  return app;
}
