import { describe, expect, it } from 'vitest';

import { due } from '../../../workflows/domain/due.ts';
import { quoteChange } from '../../../workflows/domain/invoice.ts';
import { project } from '../../../workflows/domain/projection.ts';
import type { ChargeResult } from '../../../workflows/domain/provider.ts';
import type { Plan, State } from '../../../workflows/domain/state.ts';
import { addDays, addDuration, addMonths, type Instant } from '../../../workflows/domain/time.ts';
import { active, day, FIRST_PERIOD, TRIAL_END, trialing, viewOf } from '../../support/fixtures.ts';
import { carriedOut, types, when, type World } from '../../support/given.ts';

const inPeriod = (days: number): Instant => addDays(TRIAL_END, days);
const NOW = inPeriod(10);
const plan = (id: string, amount: number, interval: Plan['interval'] = 'month'): Plan => ({
  id,
  price: { amount, currency: 'usd' },
  interval,
});
const MAX = plan('max', 4900);
const MINI = plan('mini', 500);
const YEAR = plan('year', 19_000, 'year');
const to = (wanted: Plan, more: object = {}) =>
  ({ type: 'change_plan', eventId: `evt_${wanted.id}`, plan: wanted, ...more }) as const;
const declined = (): ChargeResult => ({ outcome: 'declined', code: 'insufficient_funds' });

/** Lets `count` renewals come, and tells what each took. */
async function renew(first: State, count: number): Promise<{ state: State; taken: number[] }> {
  const taken: number[] = [];
  let state = first;
  for (let i = 0; i < count; i += 1) {
    const before = taken.length;
    const { at } = due(state, NOW)!;
    const outcome = await when(state, { type: 'due' }, at, {
      charge: (_, { amount }) => {
        taken.push(amount.amount);
        return { outcome: 'paid' };
      },
    });
    state = outcome.state!;
    if (taken.length === before) taken.push(0);
  }
  return { state, taken };
}

describe('a change of plan', () => {
  it('to a dearer one is charged for the rest of the period, less what is left of the old one', async () => {
    const { state, events, emails } = await when(active(), to(MAX), NOW);
    // 21 of 31 days: 33.19 less 12.87.
    expect(events[0]).toMatchObject({
      type: 'payment_succeeded',
      invoice: { amount: { amount: 2032 } },
    });
    expect(state).toMatchObject({ plan: MAX, period: FIRST_PERIOD, anchor: TRIAL_END });
    expect(state!.balance).toBeUndefined();
    expect(types(emails)).toEqual(['receipt', 'plan_changed']);
    expect(emails[1]!.data).toMatchObject({ plan: MAX, previousPlan: { id: 'pro' } });
    expect((await renew(state!, 1)).taken).toEqual([4900]);
  });

  it('to a cheaper one is a credit that later invoices use up', async () => {
    const { state } = await when(active(), to(MINI), NOW);
    expect(state).toMatchObject({ plan: MINI, balance: 1287 - 339 });
    expect(project(state!, NOW)).toMatchObject({ balance: 948 });
    const later = await renew(state!, 3);
    expect(later.taken).toEqual([0, 52, 500]);
    expect(later.state.balance).toBeUndefined();
  });

  it('by little is not charged, but added to the next invoice', async () => {
    const { state, events } = await when(active(), to(plan('pro-2', 1920)), NOW);
    expect(types(events)).toEqual(['plan_changed']);
    expect(state).toMatchObject({ balance: -14 });
    expect((await renew(state!, 1)).taken).toEqual([1934]);
  });

  it('of quantity is one of price', async () => {
    const request = { type: 'change_quantity', eventId: 'evt_q', quantity: 3 } as const;
    const { state, events } = await when(active(), request, NOW);
    expect(events[0]).toMatchObject({ invoice: { amount: { amount: 3861 - 1287 } } });
    expect(state).toMatchObject({ quantity: 3 });
  });

  it('to another interval begins a period now, less what is left of the old one', async () => {
    const { state, events } = await when(active(), to(YEAR), NOW);
    expect(events[0]).toMatchObject({ invoice: { amount: { amount: 19_000 - 1287 } } });
    expect(state).toMatchObject({
      anchor: NOW,
      period: { start: NOW, end: addMonths(NOW, 12) },
    });
  });

  it('is prorated from the instant that a preview was made for', async () => {
    const prorateAt = addDuration(NOW, 'PT12H', -1);
    const quote = quoteChange(active(), { plan: MAX, quantity: 1 }, prorateAt);
    const { events } = await when(active(), to(MAX, { prorateAt }), NOW);
    expect(events[0]).toMatchObject({ invoice: { amount: quote.amount } });
    expect(quote.amount.amount).toBeGreaterThan(2032);
  });

  it('that is declined is refused, and nothing changes', async () => {
    const { state, refused, events, emails } = await when(active(), to(MAX), NOW, {
      charge: declined,
    });
    expect(refused!.reason).toMatch(/declined \(insufficient_funds\), so everything stays/);
    expect(types(events)).toEqual(['ignored']);
    expect({ ...state, seen: [], version: 1 }).toEqual(active());
    expect(emails).toEqual([]);
  });

  it('that wants to be confirmed is refused as well: who asks again is charged anew', async () => {
    const charge = (): ChargeResult => ({ outcome: 'action_required', payment: 'pi_1' });
    const { state, refused } = await when(active(), to(MAX), NOW, { charge });
    expect(refused!.reason).toMatch(/authentication_required/);
    expect(state).toMatchObject({ plan: { id: 'pro' }, status: 'active' });
  });

  it('in a trial costs nothing', async () => {
    const { state, events } = await when(trialing(), to(MAX, { quantity: 2 }), day(5));
    expect(types(events)).toEqual(['plan_changed']);
    expect(state).toMatchObject({ status: 'trialing', plan: MAX, quantity: 2 });
    expect((await when(state, { type: 'due' }, TRIAL_END)).emails[0]!.data.amount!.amount).toBe(
      9800,
    );
  });

  it.each([
    ['to the plan that it has', active(), to(active().plan), undefined, /has this plan already/],
    [
      'to the plan that it has at the provider, whatever that costs',
      active({ collection: 'provider' }),
      to(plan('pro', 0)),
      undefined,
      /has this plan already/,
    ],
    [
      'to another currency',
      active(),
      to({ ...MAX, price: { amount: 1, currency: 'eur' } }),
      true,
      /usd, not eur/,
    ],
    ['from before the period', active(), to(MAX, { prorateAt: day(13) }), true, /prorated from/],
    ['from the future', active(), to(MAX, { prorateAt: inPeriod(11) }), true, /prorated from/],
    [
      'later and prorated',
      active(),
      to(MAX, { atPeriodEnd: true, prorateAt: NOW }),
      true,
      /not prorated/,
    ],
    [
      'after the end',
      active({ cancel: { at: FIRST_PERIOD.end } }),
      to(MAX, { atPeriodEnd: true }),
      undefined,
      /set to end/,
    ],
  ])('%s is refused', async (_, state, request, isInvalid, reason) => {
    const { refused, events } = await when(state, request, NOW);
    expect(refused!.reason).toMatch(reason);
    expect(refused!.isInvalid).toBe(isInvalid);
    expect(types(events)).toEqual(['ignored']);
  });
});

describe('a second change of plan in one period', () => {
  it('is not prorated from before the first, for what was paid for then was another plan', async () => {
    const { state } = await when(active(), to(MAX), NOW);
    const early = { ...to(active().plan, { prorateAt: inPeriod(1) }), eventId: 'evt_second' };
    const { refused } = await when(state, early, inPeriod(12));
    expect(refused).toEqual({
      isInvalid: true,
      reason: `A change is prorated from ${NOW} to now (${inPeriod(12)}).`,
    });
  });

  it('at once takes the place of one that was to come, and says so', async () => {
    const { state } = await when(active(), to(MAX, { atPeriodEnd: true }), NOW);
    const quantity = { type: 'change_quantity', eventId: 'evt_q', quantity: 2 } as const;
    const { state: after, events } = await when(state, quantity, NOW);
    expect(types(events)).toEqual(['payment_succeeded', 'schedule_cancelled', 'plan_changed']);
    expect(after).toMatchObject({ quantity: 2, plan: active().plan });
    expect(after!.change).toBeUndefined();
  });
});

describe('a change of plan at the end of the period', () => {
  const planned = async (wanted: Plan): Promise<State> =>
    (await when(active(), to(wanted, { atPeriodEnd: true }), NOW)).state!;

  it('is a plan until the renewal, which charges the new price', async () => {
    const asked = await when(active(), to(MINI, { atPeriodEnd: true }), NOW);
    expect(asked.state).toMatchObject({ plan: { id: 'pro' } });
    expect(project(asked.state!, NOW).planChange).toEqual({
      plan: MINI,
      quantity: 1,
      at: FIRST_PERIOD.end,
    });
    expect(asked.emails[0]).toMatchObject({
      type: 'plan_changed',
      data: { changeAt: FIRST_PERIOD.end },
    });
    const { state, taken } = await renew(asked.state!, 2);
    expect(taken).toEqual([500, 500]);
    expect(state).toMatchObject({ plan: MINI, change: undefined });
  });

  it('to another interval pays for a whole one', async () => {
    const third = { start: '2027-02-04T10:00:00.000Z', end: '2027-03-04T10:00:00.000Z' };
    const change = { plan: YEAR, quantity: 1, at: third.end };
    const { state, taken } = await renew(active({ period: third, change }), 1);
    expect(taken).toEqual([19_000]);
    expect(state).toMatchObject({
      anchor: third.end,
      period: { start: third.end, end: addMonths(third.end, 12) },
    });
  });

  it('stays when the renewal is declined: it is the new price that is open', async () => {
    const { state } = await when(await planned(MAX), { type: 'due' }, FIRST_PERIOD.end, {
      charge: declined,
    });
    expect(state).toMatchObject({ status: 'past_due', plan: MAX, change: undefined });
  });

  it('can be undone', async () => {
    const undo = { type: 'cancel_plan_change', eventId: 'evt_u' } as const;
    const { state, events } = await when(await planned(MAX), undo, NOW);
    expect(types(events)).toEqual(['schedule_cancelled']);
    expect((await renew(state!, 1)).taken).toEqual([1900]);
    expect((await when(state, { ...undo, eventId: 'evt_v' }, NOW)).refused).toEqual({
      reason: 'No change of plan is waiting.',
    });
  });

  it('is replaced by one now', async () => {
    const { state } = await when(await planned(MINI), to(MAX), NOW);
    expect(state).toMatchObject({ plan: MAX, change: undefined });
  });
});

describe('a change of plan in provider mode', () => {
  const given = active({ collection: 'provider' });
  const at = addDuration(FIRST_PERIOD.end, 'PT1H', -1);

  it('is carried out by the provider', async () => {
    const { state, emails } = await when(given, to(MAX), NOW, {
      ask: (request) => carriedOut(viewOf(given), request, NOW),
    });
    expect(state).toMatchObject({ plan: MAX, ahead: true });
    expect(types(emails)).toEqual(['plan_changed']);
  });

  it('at the end of the period is told to the provider an hour before, without proration', async () => {
    const requests: object[] = [];
    const asked = await when(given, to(MAX, { atPeriodEnd: true }), NOW);
    expect(due(asked.state!, NOW)).toEqual({ type: 'plan_change', at });
    const { state } = await when(asked.state, { type: 'due' }, at, {
      ask: (request) => {
        requests.push(request);
        return carriedOut(viewOf(given), request, at);
      },
    });
    expect(requests).toEqual([
      {
        type: 'change_plan',
        eventId: `plan_change:${at}`,
        plan: MAX,
        quantity: 1,
        atPeriodEnd: true,
      },
    ]);
    expect(state).toMatchObject({ plan: MAX, change: undefined });
  });

  it.each([
    ['it refuses', { ask: () => ({ refused: 'No such price.' }) }],
    ['it does not know it', {}],
    ['it changes nothing', { fetch: () => viewOf(given) }],
  ] as [string, World][])(
    'at the end of the period is dropped when %s, and not tried for ever',
    async (_, world) => {
      const change = { plan: MAX, quantity: 1, at: FIRST_PERIOD.end };
      const { state, events } = await when({ ...given, change }, { type: 'due' }, at, world);
      expect(types(events)).toContain('schedule_cancelled');
      expect(state).toMatchObject({ plan: { id: 'pro' }, change: undefined });
      expect(due(state!, at)).toMatchObject({ type: 'reconcile' });
    },
  );
});

describe('a change to another cadence', () => {
  const yearly = active({
    plan: YEAR,
    period: { start: TRIAL_END, end: addMonths(TRIAL_END, 12) },
  });

  it('is not prorated from so long ago that several periods would be charged at once', async () => {
    const now = addMonths(TRIAL_END, 6);
    const wanted = to(MAX, { prorateAt: addMonths(TRIAL_END, 1) });
    const { state, refused } = await when(yearly, wanted, now);
    expect(refused).toMatchObject({ isInvalid: true });
    expect(state).toMatchObject({ plan: YEAR });
    const recent = addDays(now, -2);
    const { state: changed } = await when(yearly, to(MAX, { prorateAt: recent }), now);
    expect(changed).toMatchObject({ plan: MAX, anchor: recent });
  });

  it('is prorated from no earlier than the period, also when the last change was before it', async () => {
    const state = active({ changedAt: addDays(TRIAL_END, -20) });
    const wanted = to(MAX, { prorateAt: addDays(TRIAL_END, -10) });
    expect((await when(state, wanted, NOW)).refused).toMatchObject({ isInvalid: true });
  });

  it('waits until somebody has decided whether the subscription ends before', async () => {
    const state = active({ cancel: { at: FIRST_PERIOD.end } });
    const { refused, state: after } = await when(state, to(YEAR), NOW);
    expect(refused?.reason).toMatch(/is set to end at/);
    expect(after).toMatchObject({ plan: { id: 'pro' } });
  });
});

describe('what the provider finds too little to charge', () => {
  const peso = {
    id: 'peso',
    price: { amount: 30_000, currency: 'mxn' },
    interval: 'month' as const,
  };
  const tooSmall = (): ChargeResult => ({ outcome: 'declined', code: 'amount_too_small' });

  it('at a renewal is added to the next invoice, and nobody is dunned for it', async () => {
    const state = active({ plan: peso, balance: 29_500 });
    const { state: renewed, emails } = await when(state, { type: 'due' }, FIRST_PERIOD.end, {
      charge: tooSmall,
    });
    expect(renewed).toMatchObject({ status: 'active', period: { start: FIRST_PERIOD.end } });
    expect(renewed!.balance).toBe(-500);
    expect(emails).toEqual([]);
    expect((await renew(renewed!, 1)).taken).toEqual([30_500]);
  });

  it('for a change of plan does not stand in its way', async () => {
    const state = active({ plan: peso });
    const wanted = to({ ...peso, id: 'more', price: { amount: 30_700, currency: 'mxn' } });
    const { state: changed, refused } = await when(state, wanted, NOW, { charge: tooSmall });
    expect(refused).toBeUndefined();
    expect(changed).toMatchObject({ plan: { id: 'more' }, balance: -474 });
  });
});
