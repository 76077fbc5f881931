import { describe, expect, it } from 'vitest';

import {
  fromStripe,
  subscriptionOf,
  type StripeSubscription,
} from '../../../workflows/domain/stripe.ts';
import { FIRST_PERIOD, T0, TRIAL_END, unix } from '../../support/fixtures.ts';

const period = {
  current_period_start: unix(TRIAL_END),
  current_period_end: unix(FIRST_PERIOD.end),
};

const basil = (more: Partial<StripeSubscription> = {}): StripeSubscription => ({
  id: 'sub_1',
  customer: 'cus_1',
  status: 'active',
  items: {
    data: [
      {
        quantity: 2,
        ...period,
        price: {
          id: 'price_1',
          currency: 'usd',
          unit_amount: 1900,
          recurring: { interval: 'month', interval_count: 3 },
        },
      },
    ],
  },
  trial_start: unix(T0),
  trial_end: unix(TRIAL_END),
  billing_cycle_anchor: unix(TRIAL_END),
  created: unix(T0),
  livemode: true,
  metadata: { email: 'ada@example.com', name: 'Ada', locale: 'de' },
  default_payment_method: { id: 'pm_1' },
  ...more,
});

describe("Stripe's subscription", () => {
  it('is read in the shape that has been sent since basil', () => {
    expect(fromStripe(basil())).toEqual({
      id: 'sub_1',
      status: 'active',
      livemode: true,
      period: FIRST_PERIOD,
      customer: { id: 'cus_1', email: 'ada@example.com', name: 'Ada', locale: 'de' },
      plan: {
        id: 'price_1',
        price: { amount: 1900, currency: 'usd' },
        interval: 'month',
        intervalCount: 3,
      },
      quantity: 2,
      createdAt: T0,
      anchor: TRIAL_END,
      trial: { start: T0, end: TRIAL_END },
      paymentMethod: 'pm_1',
    });
  });

  it('is read in the shape before basil, with the same result', () => {
    const [{ price, quantity }] = basil().items.data as [StripeSubscription['items']['data'][0]];
    const older = basil({ ...period, items: { data: [{ price, quantity: quantity! }] } });
    expect(fromStripe(older)).toEqual(fromStripe(basil()));
  });

  it.each([
    ['at the end of the period', { cancel_at_period_end: true }, FIRST_PERIOD.end],
    [
      'as flexible billing has it',
      { cancel_at: unix('2026-12-24T00:00:00.000Z') },
      '2026-12-24T00:00:00.000Z',
    ],
    ['not at all', { cancel_at: null, cancel_at_period_end: false }, undefined],
  ])('is cancelled %s', (_, fields, at) => {
    expect(fromStripe(basil(fields))!.cancelAt).toBe(at);
  });

  it('of an unknown status is refused by name', () => {
    expect(() => fromStripe(basil({ status: 'dormant' }))).toThrow(
      'sub_1 "dormant", which is not known',
    );
  });

  it('without an item is nothing to bill', () => {
    expect(fromStripe(basil({ items: { data: [] } }))).toBeUndefined();
  });
});

describe("an invoice's subscription", () => {
  it.each([
    [{ parent: { subscription_details: { subscription: 'sub_1' } } }, 'sub_1'],
    [{ parent: { subscription_details: { subscription: { id: 'sub_1' } } } }, 'sub_1'],
    [{ subscription: 'sub_1' }, 'sub_1'],
    [{ parent: null, subscription: null }, undefined],
    [{}, undefined],
  ])('of %j is %s', (invoice, expected) => {
    expect(subscriptionOf(invoice)).toBe(expected);
  });
});
