import { describe, expect, it } from 'vitest';

import { confirm } from '../../local/provider/payments.ts';
import { happen, nextHappening } from '../../local/provider/simulation.ts';
import { Store, type Account } from '../../local/provider/store.ts';
import { stripeSubscription } from '../../local/stripe-events.ts';
import { fromUnix } from '../../workflows/domain/time.ts';
import { day, T0, TRIAL_END } from '../support/fixtures.ts';

function setup(more: object = {}): {
  store: Store;
  account: Account;
  until: (at: string) => string[];
} {
  const store = new Store();
  const subscription = stripeSubscription({
    id: 'sub_1',
    status: 'trialing',
    created: Date.parse(T0),
    trialStart: Date.parse(T0),
    trialEnd: Date.parse(TRIAL_END),
  });
  store.observe({ ...subscription, ...more }, 1);
  const account = store.accounts.get('sub_1')!;
  const until = (at: string): string[] => {
    const said: string[] = [];
    for (;;) {
      const next = nextHappening(account);
      if (next === undefined || fromUnix(next) > at) return said;
      said.push(
        ...happen(account, next, store).map(({ type, created }) => `${fromUnix(created)} ${type}`),
      );
    }
  };
  return { store, account, until };
}

describe('the simulated provider', () => {
  it('says what Stripe says, at the instants at which it does', () => {
    const { until, account, store } = setup();
    expect(until(day(15))).toEqual([
      `${day(11)} customer.subscription.trial_will_end`,
      `${TRIAL_END} customer.subscription.updated`,
      `${TRIAL_END} invoice.created`,
      '2026-12-04T11:00:00.000Z invoice.paid',
      '2026-12-04T11:00:00.000Z invoice.payment_succeeded',
    ]);
    expect(account.subscription).toMatchObject({ status: 'active' });
    expect(store.charges).toMatchObject([
      { subscription: 'sub_1', amount: 1900, declineCode: null },
    ]);
    expect(until('2027-01-04T10:00:00.000Z').at(-1)).toBe(
      '2027-01-04T10:00:00.000Z invoice.created',
    );
  });

  it('ends a subscription that was to end, without a charge', () => {
    const { until, store } = setup({ cancel_at_period_end: true });
    expect(until(day(30)).at(-1)).toBe(`${TRIAL_END} customer.subscription.deleted`);
    expect(store.charges).toEqual([]);
  });

  it('gives up on a card that keeps saying no', () => {
    const { until, account } = setup({ default_payment_method: 'pm_card_visa_chargeDeclined' });
    const said = until(day(60)).map((line) => line.split(' ')[1]);
    expect(said.filter((type) => type === 'invoice.payment_failed')).toHaveLength(4);
    expect(said.at(-1)).toBe('customer.subscription.deleted');
    expect(account.subscription).toMatchObject({ status: 'canceled' });
  });

  it('is back in order once the card is', () => {
    const { until, account } = setup({ default_payment_method: 'pm_card_failTwiceThenApprove' });
    const said = until(day(25)).map((line) => line.split(' ')[1]);
    expect(said.filter((type) => type === 'invoice.payment_failed')).toHaveLength(2);
    expect(said).toContain('invoice.paid');
    expect(account.subscription).toMatchObject({ status: 'active' });
  });

  it('lets nothing happen to a paused subscription but its end', () => {
    const status = 'paused';
    expect(setup({ status, cancel_at_period_end: true }).until(day(90))).toEqual([]);
    const { until, account } = setup({ status, cancel_at: Date.parse(day(40)) / 1000 });
    expect(until(day(90))).toEqual([`${day(40)} customer.subscription.deleted`]);
    expect(account.subscription).toMatchObject({ status: 'canceled' });
  });

  it('asks for a confirmation where the bank wants one', () => {
    const { until, account, store } = setup({
      default_payment_method: 'pm_card_authenticationRequired',
    });
    const said = until(day(15)).map((line) => line.split(' ')[1]);
    expect(said.slice(-3)).toEqual([
      'invoice.payment_failed',
      'invoice.payment_action_required',
      'customer.subscription.updated',
    ]);
    const [payment] = store.payments.values();
    const confirmed = confirm(store, payment!.id, 'succeed');
    expect(confirmed?.happenings.map(({ type }) => type)).toEqual([
      'payment_intent.succeeded',
      'invoice.paid',
      'invoice.payment_succeeded',
      'customer.subscription.updated',
    ]);
    expect(account.subscription).toMatchObject({ status: 'active' });
    expect(account.invoice).toBeUndefined();
  });

  it('sets what a customer is owed off against the next invoices', () => {
    const { until, store } = setup();
    store.customers.set('cus_sub_1', { ...store.customer('cus_sub_1'), balance: -2500 });
    until(day(60));
    expect(store.charges).toMatchObject([{ amount: 1300 }]);
    expect(store.customer('cus_sub_1').balance).toBe(0);
  });

  it('follows what it is told, unless that is older or all is over', () => {
    const { store, account } = setup();
    const told = (status: string, created: number): string => {
      store.observe({ ...account.subscription, status }, created);
      return store.accounts.get('sub_1')!.subscription.status;
    };
    expect([
      told('active', 5),
      told('trialing', 3),
      told('canceled', 6),
      told('active', 9),
    ]).toEqual(['active', 'active', 'canceled', 'canceled']);
  });
});
