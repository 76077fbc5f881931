import { Hono } from 'hono';

import { missing } from './answers.ts';
import { tooMany } from './limit.ts';
import type { Charge, Store, Subscription } from './store.ts';

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
export function createInspection(store: Store, traces: Traces = {}, requests: string[] = []): Hono {
  const app = new Hono();

  app.get('/v1/subscriptions', (context) => {
    const { status, limit, starting_after: after } = context.req.query();
    requests.push(`GET /v1/subscriptions${after === undefined ? '' : ` after ${after}`}`);
    const refusal = tooMany(store, context);
    if (refusal) return refusal;
    const isExpanded = new URL(context.req.url).search.includes('latest_invoice');
    const all = [...store.accounts.values()];
    const from =
      after === undefined ? 0 : all.findIndex(({ subscription: { id } }) => id === after);
    const found = all
      .slice(after === undefined ? 0 : from + 1)
      .filter(({ subscription }) => isListed(subscription, status))
      .map(({ subscription, latestInvoice }) =>
        isExpanded && latestInvoice
          ? { ...subscription, latest_invoice: latestInvoice }
          : subscription,
      );
    return context.json(page('/v1/subscriptions', found, Number(limit ?? 10)));
  });

  app.get('/v1/charges', (context) => {
    const { customer } = context.req.query();
    const own = store.charges
      .filter((charge) => customer === undefined || charge.customer === customer)
      .map((charge) => chargeShown(store, charge));
    return context.json(page('/v1/charges', [...(traces.charges ?? []), ...own] as Listed[], 100));
  });

  app.get('/v1/charges/:id', (context) => {
    const id = context.req.param('id');
    const charge = store.charges.find((each) => each.id === id);
    if (charge) return context.json(chargeShown(store, charge));
    const { status, body } = missing('charge', id);
    return context.json(body, status);
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

/** By Stripe's rules: whatever was not cancelled, unless something else is asked for. */
function isListed({ status }: Subscription, wanted: string | undefined): boolean {
  if (wanted === undefined) return status !== 'canceled';
  return wanted === 'all' || wanted === status;
}

/** A charge as it is listed; its payment says what it was for. */
function chargeShown(store: Store, { id, customer, amount, currency, subscription }: Charge) {
  const payment = [...store.payments.values()].find(({ latest_charge: of }) => of?.id === id);
  return {
    id,
    object: 'charge',
    customer,
    amount,
    currency,
    created: payment?.created ?? Math.floor(Date.now() / 1000),
    amount_refunded: 0,
    refunded: false,
    payment_intent: { metadata: payment?.metadata ?? (subscription ? { subscription } : {}) },
    receipt_email: null,
    receipt_number: null,
  };
}

function page(url: string, all: readonly Listed[], limit: number, after?: string) {
  const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
  const data = all.slice(from, from + limit);
  return { object: 'list', url, data, has_more: from + limit < all.length };
}
