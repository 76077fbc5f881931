import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { createAdaptorServer } from '@hono/node-server';
import { CompleteAsyncError } from '@temporalio/activity';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createStripeApi } from '../../local/provider/api.ts';
import { confirm } from '../../local/provider/payments.ts';
import { Store } from '../../local/provider/store.ts';
import { stripeSubscription } from '../../local/stripe-events.ts';
import { createBillingActivities } from '../../worker/activities/billing.ts';
import { createChargeLedger } from '../../worker/billing/charge-ledger.ts';
import { createStripe } from '../../worker/billing/stripe.ts';
import type { BillingActivities } from '../../workflows/activities.ts';
import type { ProviderRequest } from '../../workflows/domain/decision.ts';
import type { ChargeResult } from '../../workflows/domain/provider.ts';
import { fromUnix } from '../../workflows/domain/time.ts';
import { asActivity } from '../support/activity.ts';
import { T0, TRIAL_END } from '../support/fixtures.ts';
import { useTable } from '../support/table.ts';

const table = useTable();
const store = new Store();
const requests: string[] = [];
const server = createAdaptorServer({ fetch: createStripeApi(store, requests).fetch });
const ledger = () => createChargeLedger(table.client, table.name);
let billing: BillingActivities;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  billing = createBillingActivities(
    createStripe({ apiKey: 'sk_test_x', apiBase }),
    createChargeLedger(table.client, table.name),
  );
});
afterAll(() => void server.close());

const amount = { amount: 1900, currency: 'usd' };
const card = { expires: '2034-12' };
const request = (key: string, paymentMethod?: string) => ({
  key,
  subscription: 'sub_1',
  customer: `cus_${key}`,
  amount,
  card,
  ...(paymentMethod && { paymentMethod }),
});

const paymentIn = (result: ChargeResult): string =>
  result.outcome === 'action_required' ? result.payment : '';

describe('a charge', () => {
  it('is made once for one key', async () => {
    const before = store.charges.length;
    expect(await billing.charge(request('once', 'pm_card_visa'))).toEqual({ outcome: 'paid' });
    expect(await billing.charge(request('once', 'pm_card_visa'))).toEqual({ outcome: 'paid' });
    expect(store.charges.slice(before)).toMatchObject([
      {
        customer: 'cus_once',
        subscription: 'sub_1',
        amount: 1900,
        currency: 'usd',
        declineCode: null,
      },
    ]);
  });

  it('whose answer never came is found by its key, also when the provider has forgotten that', async () => {
    const { paymentMethod = '', customer } = request('forgotten', 'pm_card_visa');
    const lost = store.charge({ customer, subscription: 'sub_1', ...amount, paymentMethod });
    store.keep(lost, { subscription: 'sub_1', key: 'forgotten' });
    await ledger().open('sub_1', 'forgotten', { amount, paymentMethod });
    const before = store.charges.length;
    expect(await billing.charge(request('forgotten', 'pm_card_visa'))).toEqual({ outcome: 'paid' });
    expect(store.charges).toHaveLength(before);
  });

  it('that was begun is asked for again in the same words, whatever the card is by then', async () => {
    const before = store.charges.length;
    expect(await billing.wasCharged(request('begun'))).toBe(false);
    expect(await billing.charge(request('begun', 'pm_card_visa'))).toEqual({ outcome: 'paid' });
    expect(await billing.wasCharged(request('begun'))).toBe(true);
    const another = {
      ...request('begun', 'pm_card_visa_chargeDeclined'),
      amount: { ...amount, amount: 2900 },
    };
    expect(await billing.charge(another)).toEqual({ outcome: 'paid', amount });
    expect(store.charges).toHaveLength(before + 1);
  });

  it('says when the card is good for longer, or shorter, than is known', async () => {
    const { card: _known, ...unknown } = request('card', 'pm_card_visa');
    expect(await billing.charge(unknown)).toEqual({ outcome: 'paid', card });
    const soon = await billing.charge(request('soon', 'pm_card_expiringSoon'));
    expect(soon).toMatchObject({
      card: { expires: expect.stringMatching(/^20\d\d-\d\d$/) as string },
    });
  });

  it('that will never be taken is declined, and not tried for ever', async () => {
    const tiny = { ...request('tiny', 'pm_card_visa'), amount: { amount: 10, currency: 'usd' } };
    expect(await billing.charge(tiny)).toEqual({ outcome: 'declined', code: 'amount_too_small' });
  });

  it.each([
    ['pm_card_visa_chargeDeclined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ['pm_card_visa_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_card_visa_chargeDeclinedLostCard', 'lost_card'],
    ['pm_gone', 'payment_method_missing'],
  ])('of %s is declined: %s', async (paymentMethod, code) => {
    const key = `declined_${paymentMethod}`;
    const declined = { outcome: 'declined', code };
    expect(await billing.charge(request(key, paymentMethod))).toEqual(declined);
    expect(await billing.charge(request(key, paymentMethod))).toEqual(declined);
  });

  it('that was declined stays declined under its key, and a new key is a new try', async () => {
    const flaky = 'pm_card_failTwiceThenApprove';
    const keys = ['flaky:1', 'flaky:1', 'flaky:2', 'flaky:3'];
    const outcomes: string[] = [];
    for (const key of keys) {
      const { outcome } = await billing.charge({ ...request(key, flaky), customer: 'cus_flaky' });
      outcomes.push(outcome);
    }
    expect(outcomes).toEqual(['declined', 'declined', 'declined', 'paid']);
  });

  it("falls on the customer's default card, and needs one", async () => {
    expect(await billing.charge(request('bare'))).toEqual({ outcome: 'no_payment_method' });
    store.customers.set('cus_default', {
      ...store.customer('cus_default'),
      invoice_settings: { default_payment_method: 'pm_card_visa' },
    });
    expect(await billing.charge(request('default'))).toEqual({ outcome: 'paid' });
  });
});

const charged = (customer: string) =>
  store.charges.filter((charge) => charge.customer === customer && charge.declineCode === null);

describe('a charge that the customer has to confirm', () => {
  const wanted = (key: string) => request(key, 'pm_card_authenticationRequired');
  const wait = (of: { key: string; payment: string }) =>
    asActivity((waiting) => billing.awaitAuthentication(waiting), { ...of, subscription: 'sub_1' });
  const rowOf = async (key: string) => (await table.rows('sub_1', `CHARGE#${key}`))[0];

  it('says so, and of which payment, however often it is asked for', async () => {
    const first = await billing.charge(wanted('confirm'));
    expect(first).toEqual({ outcome: 'action_required', payment: expect.any(String) as string });
    expect(await billing.charge(wanted('confirm'))).toEqual(first);
    expect(await rowOf('confirm')).toMatchObject({ awaits: true });
  });

  it('is paid once that has happened', async () => {
    const first = await billing.charge(wanted('confirmed'));
    confirm(store, paymentIn(first), 'succeed');
    expect(await billing.charge(wanted('confirmed'))).toEqual({ outcome: 'paid' });
  });

  it('is waited for by whoever holds the token in its row', async () => {
    const payment = paymentIn(await billing.charge(wanted('await')));
    await expect(wait({ key: 'await', payment })).rejects.toBeInstanceOf(CompleteAsyncError);
    expect(await rowOf('await')).toMatchObject({ payment, awaits: true, token: 'dGVzdA==' });
  });

  it.each([
    ['succeed', true],
    ['cancel', false],
  ] as const)('is not waited for when the answer has come: %s', async (outcome, isPaid) => {
    const key = `late_${outcome}`;
    const payment = paymentIn(await billing.charge(wanted(key)));
    confirm(store, payment, outcome);
    expect(await wait({ key, payment })).toEqual({ isPaid });
  });

  it('is still waited for when the customer has failed once', async () => {
    const payment = paymentIn(await billing.charge(wanted('failed')));
    confirm(store, payment, 'fail');
    await expect(wait({ key: 'failed', payment })).rejects.toBeInstanceOf(CompleteAsyncError);
  });
});

describe('the try before a charge', () => {
  const next = (key: string) => ({
    ...request(key, 'pm_card_visa'),
    key: `${key}:2`,
    customer: `cus_${key}:1`,
    previousKey: `${key}:1`,
  });

  it('can no longer be confirmed', async () => {
    const before = await billing.charge(request('left:1', 'pm_card_authenticationRequired'));
    expect(await billing.charge(next('left'))).toEqual({ outcome: 'paid' });
    expect(store.payments.get(paymentIn(before))).toMatchObject({ status: 'canceled' });
    expect(confirm(store, paymentIn(before), 'succeed')).toBeUndefined();
    const [row] = await table.rows('sub_1', 'CHARGE#left:1');
    expect(row).not.toHaveProperty('awaits');
  });

  it('that was paid after all is the payment, and nothing is charged again', async () => {
    const asked = request('after:1', 'pm_card_authenticationRequired');
    const before = await billing.charge({ ...asked, amount: { ...amount, amount: 900 } });
    confirm(store, paymentIn(before), 'succeed');
    const { key } = next('after');
    for (const wasCharged of [false, true]) {
      expect(await billing.wasCharged({ subscription: 'sub_1', key })).toBe(wasCharged);
      expect(await billing.charge(next('after'))).toEqual({
        outcome: 'paid',
        amount: { amount: 900, currency: 'usd' },
        earlier: paymentIn(before),
      });
    }
    expect(charged('cus_after:1')).toHaveLength(1);
  });

  it('that somebody waits for is still told of', async () => {
    const payment = paymentIn(
      await billing.charge(request('watched:1', 'pm_card_authenticationRequired')),
    );
    await ledger().note('sub_1', 'watched:1', { token: 'dGVzdA==' });
    expect(await billing.charge(next('watched'))).toEqual({ outcome: 'paid' });
    expect(store.payments.get(payment)).toMatchObject({ status: 'canceled' });
    const [row] = await table.rows('sub_1', 'CHARGE#watched:1');
    expect(row).toMatchObject({ awaits: true });
  });

  it('whose answer never came is found by its key', async () => {
    const { paymentMethod = '', customer } = request('lost:1', 'pm_card_visa');
    const lost = store.charge({ customer, subscription: 'sub_1', ...amount, paymentMethod });
    store.keep(lost, { subscription: 'sub_1', key: 'lost:1' });
    await ledger().open('sub_1', 'lost:1', { amount, paymentMethod });
    expect(await billing.charge(next('lost'))).toEqual({
      outcome: 'paid',
      earlier: `pi_${lost.id}`,
    });
    expect(charged('cus_lost:1')).toHaveLength(1);
  });

  it('that came to nothing is no obstacle', async () => {
    await billing.charge(request('gone:1', 'pm_gone'));
    expect(await billing.charge(next('gone'))).toEqual({ outcome: 'paid' });
    expect(await billing.charge(next('never'))).toEqual({ outcome: 'paid' });
  });
});

describe('a subscription', () => {
  const subscription = stripeSubscription({
    id: 'sub_known',
    customer: 'cus_known',
    status: 'trialing',
    created: Date.parse(T0),
    trialStart: Date.parse(T0),
    trialEnd: Date.parse(TRIAL_END),
  });

  it('is fetched with the address of its customer', async () => {
    store.observe(structuredClone(subscription), 1);
    expect(await billing.fetchSubscription('sub_known')).toMatchObject({
      id: 'sub_known',
      status: 'trialing',
      trial: { start: T0, end: TRIAL_END },
      customer: { id: 'cus_known', email: 'cus_known@example.com', locale: 'en' },
    });
  });

  it('with an address in its metadata keeps that', async () => {
    store.observe(
      { ...structuredClone(subscription), id: 'sub_m', metadata: { email: 'ada@example.com' } },
      1,
    );
    expect(await billing.fetchSubscription('sub_m')).toMatchObject({
      customer: { email: 'ada@example.com' },
    });
  });

  it('that the provider does not know is null', async () => {
    expect(await billing.fetchSubscription('sub_none')).toBeNull();
  });
});

describe('a request', () => {
  const start = 1_900_000_000;
  const end = start + 30 * 86_400;
  let count = 0;

  /** A subscription of the provider's in the middle of its period. */
  function known(more: object = {}): string {
    count += 1;
    const id = `sub_asked_${count}`;
    const status = 'active';
    const seen = stripeSubscription({
      id,
      status,
      created: start * 1000,
      periodStart: start * 1000,
      periodEnd: end * 1000,
    });
    store.observe({ ...seen, ...more }, (start + end) / 2);
    return id;
  }

  const seenAt = (id: string) => store.accounts.get(id)!.subscription;
  const ask = (id: string, wanted: object, eventId = 'evt') =>
    billing.askProvider({
      subscription: id,
      customer: `cus_${id}`,
      request: { eventId, ...wanted } as ProviderRequest,
    });
  const plan = (id: string) => ({ id, price: amount, interval: 'month' as const });

  it('to cancel is carried out at the end of the period, at an instant, or at once', async () => {
    const id = known();
    const periodEnd = fromUnix(end);
    expect(await ask(id, { type: 'cancel', atPeriodEnd: true, reason: 'moving' })).toMatchObject({
      subscription: { status: 'active', cancelAt: periodEnd, cancelComment: 'moving' },
    });
    const at = fromUnix(end + 86_400);
    expect(await ask(known(), { type: 'cancel', at })).toMatchObject({
      subscription: { cancelAt: at },
    });
    expect(await ask(id, { type: 'cancel' }, 'evt_2')).toMatchObject({
      subscription: { status: 'canceled' },
    });
  });

  it.each([{ cancel_at_period_end: true }, { cancel_at: end + 1 }, {}])(
    'to take a cancellation back is carried out: %j',
    async (scheduled) => {
      const { subscription } = await ask(known(scheduled), { type: 'uncancel' });
      expect(subscription).toMatchObject({ status: 'active' });
      expect(subscription).not.toHaveProperty('cancelAt');
    },
  );

  it('to pause and to resume is carried out', async () => {
    const id = known();
    expect(await ask(id, { type: 'pause' }, 'p')).toMatchObject({
      subscription: { status: 'paused' },
    });
    expect(await ask(id, { type: 'resume', anchor: 'unchanged' }, 'r')).toMatchObject({
      subscription: { status: 'active', anchor: fromUnix(start) },
    });
    await ask(id, { type: 'pause' }, 'p2');
    const { subscription } = await ask(id, { type: 'resume' }, 'r2');
    expect(subscription!.period.start).toBe(subscription!.anchor);
  });

  it('for another plan is charged for what is left of the period, once', async () => {
    const id = known();
    const wanted = { type: 'change_plan', plan: plan('price_team_4900'), quantity: 2 };
    const prorateAt = fromUnix((start + end) / 2);
    const changed = {
      subscription: { plan: { id: 'price_team_4900', price: { amount: 4900 } }, quantity: 2 },
    };
    expect(await ask(id, { ...wanted, prorateAt })).toMatchObject(changed);
    expect(await ask(id, { ...wanted, prorateAt })).toMatchObject(changed);
    expect(charged(`cus_${id}`)).toMatchObject([{ amount: 4900 - 950 }]);
  });

  it('for another plan that had to wait for the end of the period costs nothing extra', async () => {
    const id = known();
    const wanted = { type: 'change_plan', plan: plan('price_team_4900'), atPeriodEnd: true };
    expect(await ask(id, wanted)).toMatchObject({
      subscription: { plan: { id: 'price_team_4900' } },
    });
    expect(charged(`cus_${id}`)).toEqual([]);
  });

  it('for more of the same is charged for the rest of the period', async () => {
    const id = known();
    const prorateAt = fromUnix((start + end) / 2);
    expect(await ask(id, { type: 'change_quantity', quantity: 3, prorateAt })).toMatchObject({
      subscription: { plan: { id: 'price_pro' }, quantity: 3 },
    });
    expect(charged(`cus_${id}`)).toMatchObject([{ amount: 1900 }]);
  });

  it('about a trial is carried out', async () => {
    const trial = { status: 'trialing', trial_start: start, trial_end: end };
    const id = known(trial);
    const trialEnd = fromUnix(end + 5 * 86_400);
    expect(await ask(id, { type: 'extend_trial', trialEnd }, 'x')).toMatchObject({
      subscription: { status: 'trialing', trial: { end: trialEnd }, anchor: trialEnd },
    });
    expect(await ask(id, { type: 'end_trial' }, 'n')).toMatchObject({
      subscription: { status: 'active' },
    });
    expect(charged(`cus_${id}`)).toMatchObject([{ amount: 1900 }]);
  });

  it('about the customer is carried out, and the rest of it is not for the provider', async () => {
    const id = known();
    const contact = {
      email: 'ada@example.com',
      name: 'Ada',
      locale: 'de',
      timezone: 'Europe/Rome',
    };
    expect(await ask(id, { type: 'update_contact', ...contact })).toMatchObject({
      subscription: { customer: { email: 'ada@example.com', name: 'Ada', locale: 'de' } },
    });
    const writes = requests.length;
    await ask(id, { type: 'update_contact', timezone: 'Europe/Rome' }, 'evt_2');
    expect(requests.slice(writes).filter((line) => line.startsWith('POST'))).toEqual([]);
  });

  it.each([
    [{ type: 'cancel' }, { status: 'canceled' }],
    [{ type: 'pause' }, { status: 'paused' }],
    [{ type: 'resume' }, { status: 'active' }],
    [{ type: 'cancel', atPeriodEnd: true }, { status: 'canceled' }],
  ])('%j for what is so already is answered with how it is', async (wanted, more) => {
    const answer = await ask(known(more), wanted);
    expect(answer).toMatchObject({ subscription: more });
    expect(answer).not.toHaveProperty('refused');
  });

  it.each([
    [
      { type: 'change_plan', plan: plan('price_missing_1') },
      {},
      "The payment provider refused: No such price: 'price_missing_1'",
    ],
    [
      { type: 'change_plan', plan: plan('price_9900') },
      { default_payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds' },
      'The payment was declined (insufficient_funds), so nothing was changed.',
    ],
    [
      { type: 'change_plan', plan: plan('price_9900') },
      { default_payment_method: 'pm_card_authenticationRequired' },
      'The customer would have to confirm the payment, so nothing was changed.',
    ],
    [
      { type: 'pause' },
      { status: 'canceled' },
      'The payment provider refused: You cannot pause a subscription that is canceled.',
    ],
    [
      { type: 'cancel', at: '2020-01-01T00:00:00.000Z' },
      {},
      'The payment provider refused: cancel_at must be a timestamp in the future.',
    ],
  ])('that will never be taken is refused in words: %j', async (wanted, more, refused) => {
    const id = known(more);
    const before = structuredClone(seenAt(id).items);
    expect(await ask(id, wanted)).toEqual({ subscription: null, refused });
    expect(seenAt(id).items).toEqual(before);
  });

  it('that comes with the key of another one is refused, and not tried for ever', async () => {
    const id = known();
    await ask(id, { type: 'change_quantity', quantity: 2 }, 'evt_used');
    expect(await ask(id, { type: 'change_quantity', quantity: 3 }, 'evt_used')).toEqual({
      subscription: null,
      refused: 'Another request has been made under the same key.',
    });
    expect(seenAt(id).items.data[0]?.quantity).toBe(2);
  });

  it('about a subscription that the provider does not know finds none', async () => {
    expect(await ask('sub_none', { type: 'cancel' })).toEqual({ subscription: null });
    expect(await ask('sub_none', { type: 'uncancel' })).toEqual({ subscription: null });
  });

  it('whose name is longer than a key may be is carried out once as well', async () => {
    const id = known();
    const before = requests.length;
    await ask(id, { type: 'pause' }, 'x'.repeat(400));
    await ask(id, { type: 'pause' }, 'x'.repeat(400));
    expect(requests.slice(before)).toContain(`POST /v1/subscriptions/${id}/pause`);
    expect(seenAt(id).status).toBe('paused');
  });
});

describe('an API that has too much to do', () => {
  it('is asked again when it says', async () => {
    store.limit = { spared: 0, times: 1, retryAfterSeconds: 7 };
    const refused = billing.charge(request('limited', 'pm_card_visa'));
    await expect(refused).rejects.toMatchObject({ nextRetryDelay: 7000 });
    expect(await billing.charge(request('limited', 'pm_card_visa'))).toEqual({ outcome: 'paid' });
  });

  it('is not asked for ever later', async () => {
    store.limit = { spared: 0, times: 1, retryAfterSeconds: 1e9 };
    await expect(billing.fetchSubscription('sub_any')).rejects.toMatchObject({
      nextRetryDelay: 3_600_000,
    });
  });
});

it('an API that is away is an error that is tried again', async () => {
  const [port] = [1];
  const away = createBillingActivities(
    createStripe({ apiKey: 'sk_test_x', apiBase: `http://127.0.0.1:${port}` }),
    createChargeLedger(table.client, table.name),
  );
  await expect(away.charge(request('away', 'pm_card_visa'))).rejects.toThrow(/connection/i);
});
