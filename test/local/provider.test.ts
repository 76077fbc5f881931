import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import type { Stripe } from 'stripe';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';

import { createAnnounce } from '../../local/provider/announce.ts';
import { createStripeApi } from '../../local/provider/api.ts';
import { ProviderControl } from '../../local/provider/client.ts';
import { createControl } from '../../local/provider/control.ts';
import type { Happening } from '../../local/provider/simulation.ts';
import { Store } from '../../local/provider/store.ts';
import { stripeSubscription } from '../../local/stripe-events.ts';
import { createStripe } from '../../worker/billing/stripe.ts';
import { fromUnix } from '../../workflows/domain/time.ts';

const START = 1_900_000_000;
const END = START + 30 * 86_400;
const HALF = (START + END) / 2;

const store = new Store();
let sent: Happening[] = [];
let isUp = true;
const send = (happening: Happening): Promise<void> => {
  sent.push(happening);
  return isUp ? Promise.resolve() : Promise.reject(new Error('the ingress is away'));
};
const announce = createAnnounce({ send });
const app = new Hono();
app.route('/control', createControl(store, { isOwn: () => false }, announce, []));
app.route('/', createStripeApi(store, [], announce));
const server = createAdaptorServer({ fetch: app.fetch });
let stripe: Stripe;
let control: ProviderControl;
let id: string;
let count = 0;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  stripe = createStripe({ apiKey: 'sk_test_x', apiBase });
  control = new ProviderControl(apiBase);
});
afterAll(() => void server.close());
beforeEach(() => {
  count += 1;
  id = `sub_${count}`;
  sent = [];
  isUp = true;
});

/** A subscription whose clock stands in the middle of its period. */
async function known(more: object = {}): Promise<void> {
  const [periodStart, periodEnd] = [START * 1000, END * 1000];
  const seen = stripeSubscription({
    id,
    status: 'active',
    created: periodStart,
    periodStart,
    periodEnd,
  });
  store.observe({ ...seen, ...more }, START);
  await control.advance(id, fromUnix(HALF));
  sent = [];
}

const said = (): string[] => sent.map(({ type }) => type);
const price = (wanted: string, more: object = {}) => ({
  items: [{ id: `si_${id}`, price: wanted }],
  proration_behavior: 'always_invoice' as const,
  ...more,
});
const PAID = ['invoice.created', 'invoice.paid', 'invoice.payment_succeeded'];
const UPDATED = 'customer.subscription.updated';

describe('what the provider is asked for', () => {
  it.each<[string, object, () => Promise<unknown>, string[]]>([
    ['an end', {}, () => stripe.subscriptions.cancel(id), ['customer.subscription.deleted']],
    [
      'an end with the period',
      {},
      () => stripe.subscriptions.update(id, { cancel_at_period_end: true }),
      [UPDATED],
    ],
    [
      'a pause',
      {},
      () => stripe.subscriptions.pause(id),
      [UPDATED, 'customer.subscription.paused'],
    ],
    [
      'the end of a pause',
      { status: 'paused' },
      () => stripe.subscriptions.resume(id),
      ['customer.subscription.resumed', UPDATED, ...PAID],
    ],
    [
      'a dearer plan',
      {},
      () => stripe.subscriptions.update(id, price('price_2900')),
      [UPDATED, ...PAID],
    ],
    [
      'a plan that costs the rest later',
      {},
      () => stripe.subscriptions.update(id, price('price_2900', { proration_behavior: 'none' })),
      [UPDATED],
    ],
    [
      'the end of a trial',
      { status: 'trialing', trial_start: START, trial_end: END },
      () => stripe.subscriptions.update(id, { trial_end: 'now' }),
      [UPDATED, ...PAID],
    ],
    [
      'another address',
      {},
      () => stripe.customers.update(`cus_${id}`, { email: 'ada@example.com' }),
      ['customer.updated'],
    ],
  ])('is told of before the answer: %s', async (_, more, ask, expected) => {
    await known(more);
    await ask();
    expect(said()).toEqual(expected);
    expect(new Set(sent.map(({ created }) => fromUnix(created)))).toEqual(
      new Set([fromUnix(HALF)]),
    );
    expect((await control.said(id)).map(({ type }) => type)).toEqual(expected);
  });

  it('is told of once, however often it is asked for', async () => {
    await known();
    const key = { idempotencyKey: `${id}:key` };
    const first = await stripe.subscriptions.pause(id, {}, key);
    expect(await stripe.subscriptions.pause(id, {}, key)).toEqual(first);
    expect(said()).toHaveLength(2);
  });

  it('gets lost on the way while the subscription is silent', async () => {
    await known();
    await control.silence(id, true);
    await stripe.subscriptions.cancel(id);
    await control.silence(id, false);
    expect(said()).toEqual([]);
  });

  it('is done, also when nobody takes the webhooks', async () => {
    await known();
    isUp = false;
    const complaint = vi.spyOn(console, 'error').mockReturnValue();
    expect(await stripe.subscriptions.cancel(id)).toMatchObject({ status: 'canceled' });
    expect(complaint).toHaveBeenCalledOnce();
    complaint.mockRestore();
  });

  it('is refused when it says two things about its end', async () => {
    await known();
    await expect(
      stripe.subscriptions.update(id, { cancel_at_period_end: false, cancel_at: '' }),
    ).rejects.toThrow('Received both cancel_at_period_end and cancel_at parameters.');
  });
});

describe('a change of plan', () => {
  const charged = () => store.charges.filter(({ subscription }) => subscription === id);

  it('is charged for the rest of the period', async () => {
    await known();
    await stripe.subscriptions.update(id, price('price_2900'));
    expect(charged()).toMatchObject([{ amount: 500 }]);
    const invoice = sent.find(({ type }) => type === 'invoice.paid')?.object;
    expect(invoice).toMatchObject({ billing_reason: 'subscription_update', amount_paid: 500 });
  });

  it('to a cheaper one is credited, and the credit is used up', async () => {
    await known();
    await stripe.subscriptions.update(id, price('price_900'));
    expect(charged()).toEqual([]);
    await control.advance(id, fromUnix(END + 3600));
    expect(charged()).toMatchObject([{ amount: 900 - 500 }]);
  });

  it('to another interval begins a period', async () => {
    await known();
    const changed = await stripe.subscriptions.update(id, price('price_pro_yearly_19000'));
    expect(charged()).toMatchObject([{ amount: 19_000 - 950 }]);
    expect(changed.billing_cycle_anchor).toBe(HALF);
    expect(changed.items.data[0]).toMatchObject({ current_period_start: HALF });
  });

  it('costs nothing in a trial', async () => {
    await known({ status: 'trialing', trial_start: START, trial_end: END });
    await stripe.subscriptions.update(id, price('price_2900'));
    expect(charged()).toEqual([]);
    expect(said()).toEqual([UPDATED]);
  });

  it('that cannot be paid is not made', async () => {
    await known({ default_payment_method: 'pm_card_visa_chargeDeclined' });
    const wanted = price('price_2900', { payment_behavior: 'error_if_incomplete' });
    await expect(stripe.subscriptions.update(id, wanted)).rejects.toMatchObject({
      type: 'StripeCardError',
      decline_code: 'generic_decline',
    });
    const [item] = (await stripe.subscriptions.retrieve(id)).items.data;
    expect([item?.price.id, said()]).toEqual(['price_pro', []]);
  });

  it('is to a price of the catalogue where there is one', async () => {
    await known();
    const recurring = { interval: 'month' as const, interval_count: 1 };
    await control.price({ id: 'gold', currency: 'usd', unit_amount: 3900, recurring });
    await stripe.subscriptions.update(id, price('gold'));
    expect(charged()).toMatchObject([{ amount: 1000 }]);
    await expect(stripe.subscriptions.update(id, price('price_missing'))).rejects.toThrow(
      "No such price: 'price_missing'",
    );
  });
});

describe('a payment that has to be confirmed', () => {
  const charge = async () => {
    const wanted = {
      amount: 1900,
      currency: 'usd',
      customer: `cus_${id}`,
      payment_method: 'pm_card_authenticationRequired',
      confirm: true,
      off_session: true,
      metadata: { subscription: id, key: `${id}:x:1` },
    };
    await expect(stripe.paymentIntents.create(wanted)).rejects.toMatchObject({
      code: 'authentication_required',
      payment_intent: { status: 'requires_payment_method' },
    });
    return (await control.payments(id))[0]!.id;
  };

  it.each([
    ['succeed', 'payment_intent.succeeded', 'succeeded'],
    ['fail', 'payment_intent.payment_failed', 'requires_payment_method'],
    ['cancel', 'payment_intent.canceled', 'canceled'],
  ] as const)('is told of when the customer has answered: %s', async (outcome, type, status) => {
    const payment = await charge();
    await control.confirm(payment, outcome);
    expect(sent).toMatchObject([
      { type, object: { id: payment, metadata: { key: `${id}:x:1` }, status } },
    ]);
    expect(await stripe.paymentIntents.retrieve(payment)).toMatchObject({ status });
  });

  it('can be taken back, and then not be confirmed', async () => {
    const payment = await charge();
    await stripe.paymentIntents.cancel(payment);
    expect(said()).toEqual(['payment_intent.canceled']);
    await expect(control.confirm(payment, 'succeed')).rejects.toThrow('404');
    await expect(stripe.paymentIntents.cancel(payment)).rejects.toMatchObject({
      code: 'payment_intent_unexpected_state',
    });
  });
});

it('too many requests are told when to come again', async () => {
  await control.limit(1, 3);
  await expect(stripe.subscriptions.retrieve('sub_any')).rejects.toMatchObject({
    type: 'StripeRateLimitError',
    headers: { 'retry-after': '3' },
  });
  await expect(stripe.subscriptions.retrieve('sub_any')).rejects.toMatchObject({
    code: 'resource_missing',
  });
});
