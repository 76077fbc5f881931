import { describe, expect, it } from 'vitest';

import type { Projection } from '../../../workflows/domain/projection.ts';
import type { ProviderSubscription } from '../../../workflows/domain/provider.ts';
import {
  differences,
  NEW_REPORT,
  repairs,
  withRepair,
  withStray,
} from '../../../workflows/domain/reconcile.ts';
import { toMs } from '../../../workflows/domain/time.ts';

const plan = { id: 'pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' } as const;
const period = { start: '2026-05-01T00:00:00.000Z', end: '2026-06-01T00:00:00.000Z' };

const view = (more: Partial<ProviderSubscription> = {}): ProviderSubscription => ({
  id: 'sub_1',
  customer: { id: 'cus_1' },
  status: 'active',
  plan,
  quantity: 1,
  livemode: false,
  createdAt: period.start,
  anchor: period.start,
  period,
  ...more,
});

const ours = (more: Partial<Projection> = {}) => ({
  collection: 'provider' as const,
  status: 'active' as const,
  plan,
  quantity: 1,
  trialEnd: null,
  currentPeriodEnd: period.end,
  cancelAt: null,
  endedAt: null,
  testClock: null,
  updatedAt: '2026-05-02T00:00:00.000Z',
  ...more,
});

const trial = { start: period.start, end: '2026-05-15T00:00:00.000Z' };

describe('what differs', () => {
  it.each<[string, Partial<Projection> | undefined, Partial<ProviderSubscription>, string[]]>([
    ['nothing', {}, {}, []],
    ['the status', { status: 'past_due' }, {}, ['status']],
    ['the period', { currentPeriodEnd: period.start }, {}, ['period']],
    ['the end to come', {}, { cancelAt: period.end }, ['cancel_at']],
    ['an end that was taken back', { cancelAt: period.end }, {}, ['cancel_at']],
    ['the price', {}, { plan: { ...plan, price: { amount: 2900, currency: 'usd' } } }, ['plan']],
    ['how many', {}, { quantity: 3 }, ['quantity']],
    ['the end', {}, { status: 'canceled', endedAt: period.end }, ['status']],
    ['one that nobody told of', undefined, {}, ['unknown']],
    ['one that nobody told of, and is over', undefined, { status: 'canceled' }, []],
    ['what we collect ourselves', { collection: 'self', status: 'past_due' }, {}, []],
    ['what has ended here', { status: 'canceled', endedAt: period.end }, {}, []],
    [
      'nothing of a trial, whose period is the trial',
      { status: 'trialing', currentPeriodEnd: trial.end },
      { status: 'trialing', trial },
      [],
    ],
  ])('is %s', (_what, known, seen, fields) => {
    expect(differences(known && ours(known), view(seen))).toEqual(fields);
  });
});

describe('a repair', () => {
  const now = toMs('2026-05-20T00:00:00.000Z') / 1000;

  it('tells of the present view, once a night', () => {
    const [command, ...others] = repairs('reconcile-1', ours({ status: 'past_due' }), view(), now);
    expect(others).toEqual([]);
    expect(command).toEqual({
      type: 'observe',
      eventId: 'reconcile-1:sub_1',
      created: now,
      subscription: view(),
    });
  });

  it('tells of the payment as well, where there must have been one', () => {
    const paid = { id: 'in_1', amount: plan.price };
    const types = (known: Partial<Projection>) =>
      repairs('reconcile-1', ours(known), view({ paid }), now).map(({ type }) => type);
    expect(types({ status: 'trialing' })).toEqual(['invoice_paid', 'observe']);
    expect(types({ currentPeriodEnd: period.start })).toEqual(['invoice_paid', 'observe']);
    // An invoice of long ago is no news.
    expect(types({ cancelAt: period.end })).toEqual(['observe']);
  });

  it('of what has a test clock has the time of that, where it is ahead', () => {
    const updatedAt = '2026-09-01T00:00:00.000Z';
    const [ahead] = repairs('n', ours({ testClock: 'clock', updatedAt }), view(), now);
    expect(ahead?.created).toBe(toMs(updatedAt) / 1000);
    const [present] = repairs('n', ours({ updatedAt }), view(), now);
    expect(present?.created).toBe(now);
  });
});

it('a report lists so much and counts the rest', () => {
  let report = NEW_REPORT;
  for (let i = 0; i < 60; i++) {
    report = withRepair(withStray(report, `sub_${i}`), { id: `sub_${i}`, fields: ['status'] });
  }
  expect(report).toMatchObject({ repaired: 60, strays: 60 });
  expect([report.repairs.length, report.strayIds.length]).toEqual([50, 50]);
});
