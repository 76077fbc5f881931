import { createHash } from 'node:crypto';

import { Hono, type Context } from 'hono';
import { parse } from 'qs';

import { endAt } from './simulation.ts';
import type { Account, Store } from './store.ts';

/** An answer of Stripe's API. */
interface Answer {
  status: 200 | 400 | 402 | 404;
  body: object;
}

type Form = Record<string, unknown>;

/** Minor units, about as Stripe has it. */
const LEAST_AMOUNT = 50;

/** As much of Stripe's API as its library needs to charge, to ask and to cancel on our behalf. */
export function createStripeApi(store: Store, requests: string[]): Hono {
  const app = new Hono();
  const answers = new Map<string, { request: string; answer: Answer }>();

  /** The same key gives the same answer, or an error when it comes with another request. */
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
    return context.json(
      answer.body,
      answer.status,
      earlier ? { 'idempotent-replayed': 'true' } : {},
    );
  };

  app.use(async (context, next) => {
    requests.push(`${context.req.method} ${context.req.path}`);
    await next();
  });

  app.post('/v1/payment_intents', async (context) => {
    const answer = await once(context, (form) => pay(store, form));
    await store.gate;
    return answer;
  });

  app.get('/v1/payment_intents/:id', (context) => {
    const intent = store.payments.get(context.req.param('id'));
    const { status, body } = intent ? ok(intent) : missing('payment_intent', context);
    return context.json(body, status);
  });

  app.get('/v1/customers/:id', (context) => context.json(store.customer(context.req.param('id'))));

  app.get('/v1/subscriptions/:id', (context) => {
    const account = store.accounts.get(context.req.param('id'));
    const { status, body } = account ? ok(account.subscription) : missing('subscription', context);
    return context.json(body, status);
  });

  app.post('/v1/subscriptions/:id', (context) =>
    once(context, (form) => {
      const account = store.accounts.get(context.req.param('id'));
      if (account === undefined) return missing('subscription', context);
      const { subscription } = account;
      if (form['cancel_at_period_end'] !== undefined) {
        subscription.cancel_at_period_end = form['cancel_at_period_end'] === 'true';
        subscription.cancellation_details = details(form);
      }
      return ok(subscription);
    }),
  );

  app.delete('/v1/subscriptions/:id', (context) =>
    once(context, (form) => {
      const account = store.accounts.get(context.req.param('id'));
      if (account === undefined) return missing('subscription', context);
      account.subscription.cancellation_details = details(form);
      endAt(account, now(account), 'cancellation_requested');
      return ok(account.subscription);
    }),
  );

  return app;
}

function pay(store: Store, form: Form): Answer {
  const paymentMethod = text(form['payment_method']);
  if (!store.knowsPaymentMethod(paymentMethod)) {
    const message = `No such PaymentMethod: '${paymentMethod}'`;
    return {
      status: 400,
      body: {
        error: {
          type: 'invalid_request_error',
          code: 'resource_missing',
          param: 'payment_method',
          message,
        },
      },
    };
  }
  if (Number(form['amount']) < LEAST_AMOUNT) {
    const message = 'Amount must be at least 50 cents.';
    return {
      status: 400,
      body: { error: { type: 'invalid_request_error', code: 'amount_too_small', message } },
    };
  }
  const { subscription = null } = (form['metadata'] ?? {}) as { subscription?: string };
  const customer = text(form['customer']);
  const [amount, currency] = [Number(form['amount']), text(form['currency'])];
  const { id, declineCode } = store.charge({
    customer,
    subscription,
    amount,
    currency,
    paymentMethod,
  });
  const intent = { id: `pi_${id}`, object: 'payment_intent', amount, currency, customer };
  if (declineCode === null) {
    const paid = { ...intent, status: 'succeeded', amount_received: amount };
    store.payments.set(intent.id, paid);
    return ok(paid);
  }
  return {
    status: 402,
    body: {
      error: {
        type: 'card_error',
        code: 'card_declined',
        decline_code: declineCode,
        message: 'Your card was declined.',
        payment_intent: { ...intent, status: 'requires_payment_method' },
      },
    },
  };
}

const ok = (body: object): Answer => ({ status: 200, body });

function missing(what: string, context: Context): Answer {
  const message = `No such ${what}: '${context.req.param('id')}'`;
  return {
    status: 404,
    body: {
      error: { type: 'invalid_request_error', code: 'resource_missing', param: 'id', message },
    },
  };
}

/** The provider's time is that of the newest event it knows, or the wall clock's if that is later. */
const now = ({ created }: Account): number => Math.max(created, Math.floor(Date.now() / 1000));

const details = (form: Form) => {
  const { comment } = (form['cancellation_details'] ?? {}) as { comment?: string };
  return { reason: 'cancellation_requested', comment: comment ?? null };
};

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

const hash = (body: string): string => createHash('sha256').update(body).digest('hex');
