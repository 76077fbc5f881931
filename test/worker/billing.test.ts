import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { createAdaptorServer } from '@hono/node-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createStripeApi } from '../../local/provider/api.ts';
import { Store } from '../../local/provider/store.ts';
import { stripeSubscription } from '../../local/stripe-events.ts';
import { createBillingActivities, createStripe } from '../../worker/activities/billing.ts';
import { createChargeLedger } from '../../worker/billing/charge-ledger.ts';
import type { BillingActivities } from '../../workflows/activities.ts';
import { T0, TRIAL_END } from '../support/fixtures.ts';
import { useTable } from '../support/table.ts';

const table = useTable();
const store = new Store();
const server = createAdaptorServer({ fetch: createStripeApi(store, []).fetch });
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
const request = (key: string, paymentMethod?: string) => ({
  key,
  subscription: 'sub_1',
  customer: `cus_${key}`,
  amount,
  ...(paymentMethod && { paymentMethod }),
});

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

  it('that was begun is asked for again in the same words, whatever the card is by then', async () => {
    const before = store.charges.length;
    expect(await billing.wasCharged(request('begun'))).toBe(false);
    expect(await billing.charge(request('begun', 'pm_card_visa'))).toEqual({ outcome: 'paid' });
    expect(await billing.wasCharged(request('begun'))).toBe(true);
    const another = {
      ...request('begun', 'pm_card_visa_chargeDeclined'),
      amount: { ...amount, amount: 2900 },
    };
    expect(await billing.charge(another)).toEqual({ outcome: 'paid' });
    expect(store.charges).toHaveLength(before + 1);
  });

  it('that will never be taken is declined, and not tried for ever', async () => {
    const tiny = { ...request('tiny', 'pm_card_visa'), amount: { amount: 10, currency: 'usd' } };
    expect(await billing.charge(tiny)).toEqual({ outcome: 'declined', code: 'amount_too_small' });
  });

  it.each([
    ['pm_card_visa_chargeDeclined', 'generic_decline'],
    ['pm_card_visa_chargeDeclinedInsufficientFunds', 'insufficient_funds'],
    ['pm_card_visa_chargeDeclinedExpiredCard', 'expired_card'],
    ['pm_gone', 'payment_method_missing'],
  ])('of %s is declined: %s', async (paymentMethod, code) => {
    const key = `declined_${paymentMethod}`;
    expect(await billing.charge(request(key, paymentMethod))).toEqual({
      outcome: 'declined',
      code,
    });
  });

  it('that was declined stays declined under its key, and a new key is a new try', async () => {
    const card = 'pm_card_failTwiceThenApprove';
    const keys = ['flaky:1', 'flaky:1', 'flaky:2', 'flaky:3'];
    const outcomes: string[] = [];
    for (const key of keys) {
      const { outcome } = await billing.charge({ ...request(key, card), customer: 'cus_flaky' });
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
    expect(await billing.cancelSubscription({ subscription: 'sub_none', key: 'k' })).toBeNull();
  });

  it('is cancelled at the end of its period, or at once', async () => {
    store.observe({ ...structuredClone(subscription), id: 'sub_cancel' }, 1);
    const cancel = (key: string, atPeriodEnd: boolean) =>
      billing.cancelSubscription({
        subscription: 'sub_cancel',
        key,
        atPeriodEnd,
        reason: 'moving',
      });
    expect(await cancel('k1', true)).toMatchObject({ status: 'trialing', cancelAt: TRIAL_END });
    expect(await cancel('k2', false)).toMatchObject({ status: 'canceled' });
    expect(store.accounts.get('sub_cancel')!.subscription.cancellation_details).toMatchObject({
      comment: 'moving',
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
