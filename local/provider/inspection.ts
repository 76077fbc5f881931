import { Hono } from 'hono';

import type { Store } from './store.ts';

/** What an account looks like to somebody who looks it over; the simulation itself leaves no such traces. */
export interface Traces {
  charges?: object[];
  /** Events that are listed by their type. */
  events?: { type: string }[];
  invoices?: object[];
  endpoints?: object[];
}

interface Listed {
  id: string;
}

/** As much of Stripe's lists as taking over subscriptions and looking over an account need. */
export function createInspection(store: Store, traces: Traces = {}): Hono {
  const app = new Hono();

  app.get('/v1/subscriptions', (context) => {
    const { status, limit, starting_after: after } = context.req.query();
    const all = [...store.accounts.values()]
      .map(({ subscription }) => subscription)
      .filter((subscription) => status === undefined || subscription.status === status);
    return context.json(page('/v1/subscriptions', all, Number(limit ?? 10), after));
  });

  app.get('/v1/charges', (context) => {
    const own = store.charges.map(({ id }) => ({
      id,
      object: 'charge',
      receipt_email: null,
      receipt_number: null,
    }));
    return context.json(page('/v1/charges', [...(traces.charges ?? []), ...own] as Listed[], 100));
  });

  app.get('/v1/events', (context) => {
    const wanted = context.req.query('type');
    const events = (traces.events ?? []).filter(({ type }) => type === wanted);
    return context.json(page('/v1/events', events as unknown as Listed[], 100));
  });

  app.get('/v1/invoices', (context) =>
    context.json(page('/v1/invoices', (traces.invoices ?? []) as Listed[], 100)),
  );

  app.get('/v1/webhook_endpoints', (context) =>
    context.json(page('/v1/webhook_endpoints', (traces.endpoints ?? []) as Listed[], 100)),
  );

  return app;
}

function page(url: string, all: readonly Listed[], limit: number, after?: string) {
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const data = all.slice(from, from + limit);
  return { object: 'list', url, data, has_more: from + limit < all.length };
}
