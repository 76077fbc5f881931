import { describe, expect, it } from 'vitest';

import { due } from '../../../workflows/domain/due.ts';
import type { ChargeResult } from '../../../workflows/domain/provider.ts';
import type { Active, State } from '../../../workflows/domain/state.ts';
import { addDays } from '../../../workflows/domain/time.ts';
import {
  active,
  day,
  ended,
  FIRST_PERIOD,
  pastDue,
  start,
  T0,
  TRIAL_END,
  trialing,
} from '../../support/fixtures.ts';
import { types, when } from '../../support/given.ts';

const declined = (): ChargeResult => ({ outcome: 'declined', code: 'generic_decline' });

describe('a trial', () => {
  it('begins with a welcome', async () => {
    const { state, events, emails } = await when(undefined, start(), T0);
    expect(state).toMatchObject({ status: 'trialing', version: 1, trial: { end: TRIAL_END } });
    expect(types(events)).toEqual(['trial_started']);
    expect(emails).toMatchObject([{ type: 'welcome', key: `welcome:sub_1:${T0}`, at: T0 }]);
  });

  it('does not begin twice', async () => {
    const { state } = await when(undefined, start(), T0);
    const again = await when(state, start(), T0);
    expect(again).toMatchObject({ events: [], emails: [] });
    const other = await when(state, start({ eventId: 'evt_other' }), T0);
    expect(other.events).toMatchObject([
      { type: 'ignored', reason: 'the subscription has already started' },
    ]);
  });

  it('does not begin after the subscription has ended for good', async () => {
    const tombstone = { status: 'canceled' as const, endedAt: T0 };
    const outcome = await when(undefined, start(), day(30), { find: () => ({ tombstone }) });
    expect(outcome).toMatchObject({ state: undefined, events: [], emails: [], tombstone });
  });

  it('sends a reminder at the instant that is due, however late the timer fires', async () => {
    const { state, emails } = await when(trialing(), { type: 'due' }, addDays(day(7), 0.01));
    expect(emails).toMatchObject([
      { type: 'trial_ending', at: day(7), key: `trial_ending:sub_1:${day(7)}` },
    ]);
    expect(due(state!, day(7.01))).toEqual({ type: 'trial_reminder', at: day(11) });
  });

  it('sends only the latest of several reminders that are overdue', async () => {
    const { emails } = await when(trialing(), { type: 'due' }, day(12));
    expect(emails).toMatchObject([{ type: 'trial_ending', at: day(11) }]);
  });

  it('sends no reminder once it is over', async () => {
    const { emails } = await when(trialing(), { type: 'due' }, day(20));
    expect(types(emails)).toEqual(['converted']);
  });

  it('converts with a charge that carries the due instant', async () => {
    const { state, events, emails } = await when(trialing(), { type: 'due' }, day(14.001));
    expect(types(events)).toEqual(['payment_succeeded', 'activated']);
    expect(state).toMatchObject({ status: 'active', anchor: TRIAL_END, period: FIRST_PERIOD });
    expect(emails).toMatchObject([
      { type: 'converted', at: TRIAL_END, key: `converted:sub_1:${TRIAL_END}` },
    ]);
  });

  it('without a payment method ends', async () => {
    const world = { charge: (): ChargeResult => ({ outcome: 'no_payment_method' }) };
    const { state, emails } = await when(trialing(), { type: 'due' }, day(14), world);
    expect(state).toMatchObject({ status: 'canceled', endedAt: TRIAL_END });
    expect(types(emails)).toEqual(['trial_expired']);
  });

  it('whose first charge is declined is past due, and converts when a retry succeeds', async () => {
    const failed = await when(trialing(), { type: 'due' }, day(14), { charge: declined });
    expect(failed.state).toMatchObject({
      status: 'past_due',
      since: TRIAL_END,
      attempt: 1,
      period: FIRST_PERIOD,
    });
    expect(types(failed.emails)).toEqual(['payment_failed']);
    const retried = await when(failed.state, { type: 'due' }, day(17));
    expect(retried.state).toMatchObject({ status: 'active', period: FIRST_PERIOD });
    expect(types(retried.emails)).toEqual(['converted']);
  });

  it('of a plan that costs nothing becomes active without a charge', async () => {
    const plan = { ...trialing().plan, price: { amount: 0, currency: 'usd' } };
    const effects: string[] = [];
    const world = { onEffect: ({ type }: { type: string }) => effects.push(type) };
    const { state, emails } = await when(trialing({ plan }), { type: 'due' }, day(14), world);
    expect(state).toMatchObject({ status: 'active' });
    expect(emails).toEqual([]);
    expect(effects).toEqual([]);
  });
});

describe('a start without a trial', () => {
  const now = start({ trial: undefined } as never);
  const { trial: _trial, ...immediate } = now as Extract<typeof now, { type: 'start' }>;

  it('charges at once', async () => {
    const { state, events, emails } = await when(undefined, immediate, T0);
    expect(types(events)).toEqual(['subscription_started', 'payment_succeeded', 'activated']);
    expect(state).toMatchObject({ status: 'active', anchor: T0, period: { start: T0 } });
    expect(types(emails)).toEqual(['welcome', 'receipt']);
  });

  it('is incomplete for 23 hours when the charge is declined, and then expires', async () => {
    const { state } = await when(undefined, immediate, T0, { charge: declined });
    expect(state).toMatchObject({ status: 'incomplete', since: T0, attempt: 1 });
    expect(due(state!, T0)).toEqual({ type: 'incomplete_expiry', at: '2026-11-21T09:00:00.000Z' });
    const expired = await when(state, { type: 'due' }, day(1));
    expect(expired.state).toMatchObject({ status: 'incomplete_expired' });
  });

  it('is completed by a new payment method', async () => {
    const { state } = await when(undefined, immediate, T0, { charge: declined });
    const card = { type: 'update_payment_method', eventId: 'e2', paymentMethod: 'pm_2' } as const;
    const completed = await when(state, card, T0);
    expect(completed.state).toMatchObject({ status: 'active', paymentMethod: 'pm_2' });
  });
});

describe('a renewal', () => {
  it('charges for the next period and sends a receipt', async () => {
    const charges: unknown[] = [];
    const { state, emails } = await when(active(), { type: 'due' }, FIRST_PERIOD.end, {
      onEffect: (effect) => charges.push(effect),
    });
    expect(charges).toEqual([
      {
        type: 'charge',
        charge: {
          at: FIRST_PERIOD.end,
          invoice: FIRST_PERIOD.end,
          attempt: 1,
          amount: { amount: 1900, currency: 'usd' },
        },
      },
    ]);
    expect(state).toMatchObject({
      period: { start: FIRST_PERIOD.end, end: '2027-02-04T10:00:00.000Z' },
    });
    expect(emails).toMatchObject([
      { type: 'receipt', at: FIRST_PERIOD.end, data: { amount: { amount: 1900 } } },
    ]);
  });

  it('keeps to the original anchor at the ends of months', async () => {
    const anchor = '2027-01-31T00:00:00.000Z';
    let state: State | undefined = active({
      anchor,
      period: { start: anchor, end: '2027-02-28T00:00:00.000Z' },
    });
    const ends: string[] = [];
    for (let i = 0; i < 4; i++) {
      const { end } = (state as Active).period;
      ({ state } = await when(state, { type: 'due' }, end));
      ends.push((state as Active).period.end.slice(0, 10));
    }
    expect(ends).toEqual(['2027-03-31', '2027-04-30', '2027-05-31', '2027-06-30']);
  });

  it('charges every period of a long outage, one after the other', async () => {
    const late = '2027-03-10T00:00:00.000Z';
    const first = await when(active(), { type: 'due' }, late);
    expect(due(first.state!, late)).toEqual({ type: 'renewal', at: '2027-02-04T10:00:00.000Z' });
    const second = await when(first.state, { type: 'due' }, late);
    expect(second.emails).toMatchObject([{ type: 'receipt', at: '2027-02-04T10:00:00.000Z' }]);
  });

  it('multiplies the price by the quantity', async () => {
    const { emails } = await when(active({ quantity: 3 }), { type: 'due' }, FIRST_PERIOD.end);
    expect(emails[0]!.data.amount).toEqual({ amount: 5700, currency: 'usd' });
  });
});

describe('a declined renewal', () => {
  it('is past due: the customer is told at once and on day 5, and access goes on for a week', async () => {
    const { state, events, emails } = await when(active(), { type: 'due' }, FIRST_PERIOD.end, {
      charge: declined,
    });
    expect(types(events)).toEqual(['past_due', 'payment_failed']);
    expect(types(emails)).toEqual(['payment_failed']);
    expect(due(state!, FIRST_PERIOD.end)).toEqual({
      type: 'dunning_retry',
      at: addDays(FIRST_PERIOD.end, 3),
    });
    const retried = await when(state, { type: 'due' }, addDays(FIRST_PERIOD.end, 3), {
      charge: declined,
    });
    expect(retried.emails).toEqual([]);
    expect(due(retried.state!, FIRST_PERIOD.end)).toEqual({
      type: 'dunning_reminder',
      at: addDays(FIRST_PERIOD.end, 5),
    });
    const told = await when(retried.state, { type: 'due' }, addDays(FIRST_PERIOD.end, 5));
    expect(types(told.emails)).toEqual(['payment_failed']);
    expect(due(told.state!, FIRST_PERIOD.end)).toEqual({
      type: 'grace_end',
      at: addDays(FIRST_PERIOD.end, 7),
    });
    const revoked = await when(told.state, { type: 'due' }, addDays(FIRST_PERIOD.end, 7));
    expect(types(revoked.emails)).toEqual(['access_revoked']);
  });

  it('is retried after 3, 8, 15 and 21 days, and then ends the subscription', async () => {
    const begin = pastDue({ revoked: true, reminded: addDays(pastDue().since, 20) });
    const { since } = begin;
    let state: State | undefined = begin;
    const retries: number[] = [];
    while (state?.status === 'past_due') {
      const { at, type } = due(state, since)!;
      expect(type).toBe('dunning_retry');
      retries.push((Date.parse(at) - Date.parse(since)) / 86_400_000);
      ({ state } = await when(state, { type: 'due' }, at, { charge: declined }));
    }
    expect(retries).toEqual([3, 8, 15, 21]);
    expect(state).toMatchObject({ status: 'canceled', endedAt: addDays(since, 21) });
  });

  it('recovers with a new payment method at once, for the open invoice', async () => {
    const charges: unknown[] = [];
    const card = { type: 'update_payment_method', eventId: 'e2', paymentMethod: 'pm_2' } as const;
    const at = addDays(FIRST_PERIOD.end, 1);
    const { state, emails } = await when(pastDue(), card, at, {
      onEffect: (effect) => charges.push(effect),
    });
    expect(charges).toMatchObject([{ charge: { invoice: FIRST_PERIOD.end, attempt: 2 } }]);
    expect(state).toMatchObject({ status: 'active', period: pastDue().period });
    expect(types(emails)).toEqual(['receipt', 'recovered']);
  });
});

describe('a cancellation', () => {
  const cancel = { type: 'cancel', eventId: 'evt_cancel' } as const;

  it('now ends the subscription', async () => {
    const { state, emails } = await when(active(), { ...cancel, reason: 'moving' }, day(20));
    expect(state).toMatchObject({ status: 'canceled', endedAt: day(20) });
    expect(emails).toMatchObject([{ type: 'cancelled', data: { endedAt: day(20) } }]);
  });

  it.each([
    ['a trial', trialing(), TRIAL_END],
    ['a paid period', active(), FIRST_PERIOD.end],
  ])('at the end of %s is a flag until then, and nothing is charged', async (_, state, at) => {
    const asked = await when(state, { ...cancel, atPeriodEnd: true }, day(5));
    expect(asked.state).toMatchObject({ status: state.status, cancel: { at } });
    expect(types(asked.emails)).toEqual(['cancellation_scheduled']);
    expect(due(asked.state!, day(5))).toEqual({ type: 'cancel', at });
    const over = await when(asked.state, { type: 'due' }, at);
    expect(types(over.events)).toEqual(['ended']);
    expect(over.state).toMatchObject({ status: 'canceled', endedAt: at });
    expect(types(over.emails)).toEqual(['cancelled']);
  });

  it('at the end of the period, when payment has failed, is one now', async () => {
    const { state } = await when(pastDue(), { ...cancel, atPeriodEnd: true }, day(50));
    expect(state).toMatchObject({ status: 'canceled', endedAt: day(50) });
  });

  it('is refused when the subscription has ended, or is set to end already', async () => {
    const over = await when(ended(), cancel, day(20));
    expect(over.refused).toEqual({ reason: 'The subscription has already ended (canceled).' });
    const again = await when(
      active({ cancel: { at: FIRST_PERIOD.end } }),
      { ...cancel, atPeriodEnd: true },
      day(20),
    );
    expect(again.refused).toEqual({
      reason: `The subscription is already set to end at ${FIRST_PERIOD.end}.`,
    });
    expect(types(again.events)).toEqual(['ignored']);
  });

  it('now goes through although the subscription is set to end later', async () => {
    const { state } = await when(active({ cancel: { at: FIRST_PERIOD.end } }), cancel, day(20));
    expect(state).toMatchObject({ status: 'canceled', endedAt: day(20) });
  });
});

describe('an ended subscription', () => {
  it.each([
    start({ eventId: 'e9' }),
    { type: 'update_payment_method', eventId: 'e9', paymentMethod: 'pm_2' },
    { type: 'end', eventId: 'e9', at: T0 },
  ] as const)('absorbs %o', async (command) => {
    const { state, events, emails } = await when(ended(), command, day(30));
    expect(state).toMatchObject({ status: 'canceled' });
    expect(events).toMatchObject([{ type: 'ignored', reason: 'the subscription has ended' }]);
    expect(emails).toEqual([]);
  });

  it('stays ended when it is paid for after all, and that is receipted', async () => {
    const invoice = { id: 'in_9', amount: { amount: 100, currency: 'usd' } };
    const command = { type: 'invoice_paid', eventId: 'e9', invoice } as const;
    const { state, emails } = await when(ended(), command, day(30));
    expect(state).toMatchObject({ status: 'canceled' });
    expect(types(emails)).toEqual(['receipt']);
  });

  it('has nothing due', () => {
    expect(due(ended(), day(1000))).toBeUndefined();
  });
});
