import { Hono } from 'hono';
import * as z from 'zod';

import { fromUnix, toMs } from '../../workflows/domain/time.ts';
import type { Announce } from './announce.ts';
import { confirm, settle } from './payments.ts';
import { happen, nextHappening } from './simulation.ts';
import type { Store, Subscription } from './store.ts';
import type { Webhooks } from './webhooks.ts';

const observed = z.looseObject({
  id: z.string(),
  type: z.string(),
  created: z.int(),
  data: z.looseObject({ object: z.looseObject({ object: z.string().optional() }) }),
});

/** Without these there is nothing that a provider could know. */
const knowable = z.looseObject({
  id: z.string(),
  customer: z.string(),
  status: z.string(),
  items: z.object({
    data: z.array(z.looseObject({ price: z.looseObject({ id: z.string() }) })).min(1),
  }),
});

const price = z.object({
  id: z.string(),
  currency: z.string(),
  unit_amount: z.int(),
  recurring: z.object({
    interval: z.enum(['day', 'week', 'month', 'year']),
    interval_count: z.int().default(1),
  }),
});

/** Steers the simulation: what the provider is to know, where its clock goes, and what it has done. */
export function createControl(
  store: Store,
  webhooks: Pick<Webhooks, 'isOwn'>,
  announce: Announce,
  requests: string[],
): Hono {
  const app = new Hono();

  /** A Stripe event that came in from elsewhere: the provider's view follows it. */
  app.post('/observe', async (context) => {
    const parsed = observed.safeParse(await context.req.json());
    if (parsed.success && !webhooks.isOwn(parsed.data.id)) {
      const { created, data } = parsed.data;
      const { object } = data;
      if (object.object === 'subscription' && knowable.safeParse(object).success)
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
      await announce([account], happen(account, next, store));
    }
    if (account) account.clock = Math.max(account.clock ?? 0, until);
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

  /** Payments that were made, or are to be confirmed, for a subscription. */
  app.get('/subscriptions/:id/payments', (context) => {
    const id = context.req.param('id');
    const all = [...store.payments.values()];
    return context.json(
      all.filter(({ metadata, invoiceOf }) => invoiceOf === id || metadata['subscription'] === id),
    );
  });

  /** The customer does what the bank asks for, fails to, or gives up. */
  app.post('/payments/:id/confirm', async (context) => {
    const { outcome } = z
      .object({ outcome: z.enum(['succeed', 'fail', 'cancel']) })
      .parse(await context.req.json());
    const confirmed = confirm(store, context.req.param('id'), outcome);
    if (confirmed === undefined) return context.json({ error: 'nothing to confirm' }, 404);
    const { account, happenings } = confirmed;
    await announce(account ? [account] : [], happenings);
    return context.json({ ok: true });
  });

  /** Payments that were begun for an order. */
  app.get('/orders/:id/payments', (context) => {
    const id = context.req.param('id');
    const all = [...store.payments.values()];
    return context.json(all.filter(({ metadata }) => metadata['order'] === id));
  });

  /** The bank answers to a debit. */
  app.post('/payments/:id/settle', async (context) => {
    const { outcome } = z
      .object({ outcome: z.enum(['succeed', 'fail']) })
      .parse(await context.req.json());
    const isSettled = settle(store, context.req.param('id'), outcome);
    return isSettled
      ? context.json({ ok: true })
      : context.json({ error: 'nothing to settle' }, 404);
  });

  /** So many of the next requests to the API are too many, after some that are spared. */
  app.post('/limit', async (context) => {
    const limit = z.object({
      spared: z.int().min(0).default(0),
      retryAfterSeconds: z.int().min(0),
      times: z.int().min(0),
    });
    store.limit = limit.parse(await context.req.json());
    return context.json({ ok: true });
  });

  app.post('/prices', async (context) => {
    store.prices.put(price.parse(await context.req.json()));
    return context.json({ ok: true });
  });

  app.get('/charges', (context) => context.json(store.charges));
  app.get('/refunds', (context) => context.json(store.refunds));
  app.get('/requests', (context) => context.json(requests));

  return app;
}
