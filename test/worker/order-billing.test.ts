import type { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';

import { settle } from '../../local/provider/payments.ts';
import { createOrderBillingActivities } from '../../worker/activities/order-billing.ts';
import { createChargeLedger } from '../../worker/billing/charge-ledger.ts';
import { delayAfter } from '../../worker/billing/settlement.ts';
import { createStripe } from '../../worker/billing/stripe.ts';
import { shadowOrderBilling } from '../../worker/shadow/billing.ts';
import type { OrderBillingActivities } from '../../workflows/activities.ts';
import { jobPartition } from '../../workflows/domain/records.ts';
import { useProvider } from '../support/provider.ts';
import { useTable } from '../support/table.ts';

const logger = new DefaultLogger('ERROR');
const table = useTable();
const provider = useProvider();
const ledger = () =>
  createChargeLedger(table.client, table.name, (id) => jobPartition('order', id));
let billing: OrderBillingActivities;

beforeAll(() => {
  const stripe = createStripe({ apiKey: 'sk_test_x', apiBase: provider.url });
  billing = createOrderBillingActivities(stripe, ledger());
});

const amount = { amount: 3000, currency: 'usd' };
const charge = (order: string, paymentMethod = 'pm_card_visa') => ({
  key: `order:${order}:charge`,
  order,
  customer: `cus_${order}`,
  amount,
  paymentMethod,
});
const chargesOf = (order: string) =>
  provider.store.charges.filter(({ customer }) => customer === `cus_${order}`);
const refundsOf = (order: string) =>
  provider.store.refunds.filter(({ metadata }) => metadata['order'] === order);

describe('the charge of an order', () => {
  it('is made once, is written down with the order, and is no payment of a subscription', async () => {
    expect(await billing.chargeOrder(charge('once'))).toMatchObject({ outcome: 'paid' });
    expect(await billing.chargeOrder(charge('once'))).toMatchObject({ outcome: 'paid' });
    expect(chargesOf('once')).toMatchObject([{ amount: 3000, subscription: null }]);
    expect(await ledger().find('once', charge('once').key)).toMatchObject({ amount });
    const [payment] = [...provider.store.payments.values()];
    expect(payment?.metadata).toEqual({ order: 'once', key: charge('once').key });
  });

  it('is made once though the gateway is flaky', async () => {
    provider.store.limit = { spared: 0, times: 2, retryAfterSeconds: 3 };
    for (const _ of [1, 2]) {
      await expect(billing.chargeOrder(charge('flaky'))).rejects.toMatchObject({
        nextRetryDelay: 3000,
      });
    }
    expect(await billing.chargeOrder(charge('flaky'))).toMatchObject({ outcome: 'paid' });
    expect(chargesOf('flaky')).toHaveLength(1);
  });

  it('that is declined is an answer', async () => {
    const declined = charge('declined', 'pm_card_visa_chargeDeclinedInsufficientFunds');
    const answer = { outcome: 'declined', code: 'insufficient_funds' };
    expect(await billing.chargeOrder(declined)).toEqual(answer);
    expect(await billing.chargeOrder(declined)).toEqual(answer);
    expect(chargesOf('declined')).toHaveLength(1);
  });
});

describe('taking a charge back', () => {
  it('refunds it once', async () => {
    await billing.chargeOrder(charge('back'));
    expect(await billing.refundOrder(charge('back'))).toEqual({ refunded: amount });
    expect(await billing.refundOrder(charge('back'))).toEqual({ refunded: amount });
    expect(refundsOf('back')).toMatchObject([{ amount: 3000 }]);
  });

  it('finds a payment whose answer never came', async () => {
    await billing.chargeOrder(charge('lost'));
    const Key = { pk: jobPartition('order', 'lost'), sk: `CHARGE#${charge('lost').key}` };
    const { payment: _, ...unanswered } = (await ledger().find('lost', charge('lost').key))!;
    await table.put({ ...Key, ...unanswered });
    expect(await billing.refundOrder(charge('lost'))).toEqual({ refunded: amount });
  });

  it('takes a refund that somebody has made by hand for its own', async () => {
    await billing.chargeOrder(charge('hand'));
    const [payment] = [...provider.store.payments.values()].filter(
      ({ metadata }) => metadata['order'] === 'hand',
    );
    await createStripe({ apiKey: 'sk_test_x', apiBase: provider.url }).refunds.create({
      payment_intent: payment!.id,
    });
    expect(await billing.refundOrder(charge('hand'))).toEqual({ refunded: amount });
  });

  it('that was never made keeps it from ever being made', async () => {
    expect(await billing.refundOrder(charge('never'))).toEqual({});
    expect(await billing.chargeOrder(charge('never'))).toEqual({
      outcome: 'declined',
      code: 'withdrawn',
    });
    expect(chargesOf('never')).toEqual([]);
    expect(await billing.refundOrder(charge('never'))).toEqual({});
  });

  it('that was declined ends its payment', async () => {
    const declined = charge('ended', 'pm_card_visa_chargeDeclined');
    await billing.chargeOrder(declined);
    expect(await billing.refundOrder(declined)).toEqual({});
    const payments = [...provider.store.payments.values()];
    expect(payments.find(({ metadata }) => metadata['order'] === 'ended')?.status).toBe('canceled');
  });

  it('that is on its way to the bank waits until it has arrived', async () => {
    const debit = charge('way', 'pm_usBankAccount_success');
    const { payment } = (await billing.chargeOrder(debit)) as { payment: string };
    await expect(billing.refundOrder(debit)).rejects.toThrow(/cannot cancel/);
    settle(provider.store, payment, 'succeed');
    expect(await billing.refundOrder(debit)).toEqual({ refunded: amount });
    expect(refundsOf('way')).toHaveLength(1);
  });
});

describe('a debit that is on its way', () => {
  const begin = async (order: string): Promise<string> => {
    const answer = await billing.chargeOrder(charge(order, 'pm_usBankAccount_success'));
    expect(answer).toMatchObject({ outcome: 'processing' });
    return (answer as { payment: string }).payment;
  };
  const look = (payment: string, heartbeatDetails?: unknown) => {
    const environment = new MockActivityEnvironment({ heartbeatDetails }, { logger });
    const beats: unknown[] = [];
    environment.on('heartbeat', (details) => void beats.push(details));
    return { beats, answer: environment.run((of) => billing.awaitSettlement(of), { payment }) };
  };

  it('is looked at again later and later, counting on from the look before', async () => {
    const payment = await begin('slow');
    const first = look(payment);
    const failure = (await first.answer.catch((error: unknown) => error)) as ApplicationFailure;
    expect(failure).toMatchObject({
      type: 'NotSettled',
      nonRetryable: false,
      nextRetryDelay: 2000,
    });
    expect(first.beats).toEqual([{ looks: 1 }]);
    const fifth = look(payment, { looks: 4 });
    await expect(fifth.answer).rejects.toMatchObject({ nextRetryDelay: 32_000 });
    expect(fifth.beats).toEqual([{ looks: 5 }]);
  });

  it('is paid, or declined, as the bank says', async () => {
    const good = await begin('good');
    settle(provider.store, good, 'succeed');
    expect(await look(good, { looks: 3 }).answer).toMatchObject({ outcome: 'paid' });
    const bad = await begin('bad');
    settle(provider.store, bad, 'fail');
    expect(await look(bad).answer).toEqual({ outcome: 'declined', code: 'insufficient_funds' });
  });

  it('is looked at every six hours in the end, and once more shortly before its time is over', () => {
    expect(delayAfter(60, Number.POSITIVE_INFINITY)).toBe(6 * 3_600_000);
    expect(delayAfter(60, 3_600_000)).toBe(3_570_000);
    expect(delayAfter(60, 30_000)).toBe(6 * 3_600_000);
  });
});

it('in a shadow nothing is taken, and nothing is given back', async () => {
  const shadow = shadowOrderBilling(ledger(), () => '2027-01-01T10:00:00.000Z');
  expect(await shadow.chargeOrder(charge('shadow'))).toEqual({ outcome: 'paid', amount });
  expect(await shadow.awaitSettlement({ payment: 'pi_1' })).toEqual({ outcome: 'paid' });
  expect(await shadow.refundOrder(charge('shadow'))).toEqual({});
  expect(chargesOf('shadow')).toEqual([]);
});
