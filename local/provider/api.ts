import { createHash } from 'node:crypto';

import { Hono, type Context } from 'hono';
import { parse } from 'qs';

import type { Announce } from './announce.ts';
import { missing, ok, type Answer, type Form } from './answers.ts';
import { updateCustomer } from './customers.ts';
import { tooMany } from './limit.ts';
import { cancelPayment, listPayments, pay, refund, shown } from './payments.ts';
import type { Account, Store } from './store.ts';
import { cancel, pause, resume, update } from './subscriptions.ts';

/** As much of Stripe's API as its library needs to charge, to ask and to have requests carried out on our behalf. */
export function createStripeApi(store: Store, requests: string[], announce?: Announce): Hono {
  const app = new Hono();
  const answers = new Map<string, { request: string; answer: Answer }>();

  /**
   * The same key gives the same answer, or an error when it comes with another request. The webhooks go out before the
   * answer does: whoever has it finds them in the queue, and waits for them.
   */
  const once = async (context: Context, work: (form: Form) => Answer): Promise<Response> => {
    // Stripe's library puts what belongs to a DELETE into the query.
    const body = (await context.req.text()) || new URL(context.req.url).search.slice(1);
    const key = context.req.header('idempotency-key');
    const request = `${context.req.method} ${context.req.path} ${hash(body)}`;
    const earlier = key === undefined ? undefined : answers.get(key);
    if (earlier && earlier.request !== request) {
      const message = 'Keys for idempotent requests can only be used with the same parameters.';
      return context.json({ error: { type: 'idempotency_error', message } }, 400);
    }
    const answer = earlier?.answer ?? work(parse(body));
    if (key !== undefined) answers.set(key, { request, answer });
    if (earlier === undefined) await tell(answer);
    return context.json(
      answer.body,
      answer.status,
      earlier ? { 'idempotent-replayed': 'true' } : {},
    );
  };

  /** What cannot be delivered does not change what has been done. */
  const tell = async ({ news }: Answer): Promise<void> => {
    if (news === undefined) return;
    const about = news.about.map((id) => store.accounts.get(id)).filter((found) => !!found);
    await announce?.(about, news.happenings).catch((error: unknown) => console.error(error));
  };

  const withAccount = (context: Context, work: (account: Account, form: Form) => Answer) =>
    once(context, (form) => {
      const id = context.req.param('id') ?? '';
      const account = store.accounts.get(id);
      return account ? work(account, form) : missing('subscription', id);
    });

  app.use(async (context, next) => {
    requests.push(`${context.req.method} ${context.req.path}`);
    return tooMany(store, context) ?? next();
  });

  app.post('/v1/payment_intents', async (context) => {
    const answer = await once(context, (form) => pay(store, form));
    await store.gate;
    return answer;
  });
  app.get('/v1/payment_intents', (context) => ask(context, (form) => listPayments(store, form)));
  app.get('/v1/payment_intents/:id', (context) =>
    ask(context, (form) => {
      const id = context.req.param('id');
      const payment = store.payments.get(id);
      return payment ? ok(shown(payment, form)) : missing('payment_intent', id);
    }),
  );
  app.post('/v1/payment_intents/:id/cancel', (context) =>
    once(context, () => cancelPayment(store, context.req.param('id'))),
  );
  app.post('/v1/refunds', (context) => once(context, (form) => refund(store, form)));

  app.get('/v1/customers/:id', (context) => context.json(store.customer(context.req.param('id'))));
  app.post('/v1/customers/:id', (context) =>
    once(context, (form) => updateCustomer(store, context.req.param('id'), form)),
  );

  app.get('/v1/subscriptions/:id', (context) =>
    ask(context, (form) => {
      const id = context.req.param('id');
      const account = store.accounts.get(id);
      if (account === undefined) return missing('subscription', id);
      const { subscription, latestInvoice } = account;
      const wanted = [form['expand']].flat();
      return ok(
        wanted.includes('latest_invoice') && latestInvoice
          ? { ...subscription, latest_invoice: latestInvoice }
          : subscription,
      );
    }),
  );
  app.post('/v1/subscriptions/:id', (context) =>
    withAccount(context, (account, form) => update(account, form, store)),
  );
  app.delete('/v1/subscriptions/:id', (context) => withAccount(context, cancel));
  app.post('/v1/subscriptions/:id/pause', (context) => withAccount(context, pause));
  app.post('/v1/subscriptions/:id/resume', (context) =>
    withAccount(context, (account, form) => resume(account, form, store)),
  );

  return app;
}

/** A question, which changes nothing. */
function ask(context: Context, work: (form: Form) => Answer): Response {
  const { status, body } = work(parse(new URL(context.req.url).search.slice(1)));
  return context.json(body, status);
}

const hash = (body: string): string => createHash('sha256').update(body).digest('hex');
