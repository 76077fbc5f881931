import { describe, expect, it } from 'vitest';

import { due } from '../../../workflows/domain/due.ts';
import { project } from '../../../workflows/domain/projection.ts';
import type { ChargeResult, ProviderSubscription } from '../../../workflows/domain/provider.ts';
import type { Active, State } from '../../../workflows/domain/state.ts';
import { addDays, addDuration, addMonths, type Instant } from '../../../workflows/domain/time.ts';
import {
  active,
  FIRST_PERIOD,
  paused,
  TRIAL_END,
  trialing,
  viewOf,
} from '../../support/fixtures.ts';
import { carriedOut, types, when, type World } from '../../support/given.ts';

const inPeriod = (days: number): Instant => addDays(TRIAL_END, days);
const pause = { type: 'pause', eventId: 'evt_pause' } as const;
const resume = { type: 'resume', eventId: 'evt_resume' } as const;
const declined = (): ChargeResult => ({ outcome: 'declined', code: 'insufficient_funds' });

/** What is charged on the way. */
function till(): World & { taken: number[] } {
  const taken: number[] = [];
  return {
    taken,
    charge: (_, { amount }) => {
      taken.push(amount.amount);
      return { outcome: 'paid' };
    },
  };
}

describe('a pause in self mode', () => {
  it('now withdraws access, renews nothing and goes on until somebody resumes it', async () => {
    const { state, emails } = await when(active(), pause, inPeriod(10));
    expect(project(state!, inPeriod(10))).toMatchObject({
      status: 'paused',
      access: 'revoked',
      pause: { at: inPeriod(10), until: null },
      nextAction: null,
    });
    expect(types(emails)).toEqual(['paused']);
  });

  it('at the end of the period is a plan until then, and comes before the renewal', async () => {
    const asked = await when(active(), { ...pause, atPeriodEnd: true }, inPeriod(10));
    expect(asked).toMatchObject({ state: { status: 'active' }, emails: [] });
    expect(project(asked.state!, inPeriod(10))).toMatchObject({
      access: 'granted',
      pause: { at: FIRST_PERIOD.end, until: null },
      nextAction: { type: 'pause', at: FIRST_PERIOD.end },
    });
    const world = till();
    const begun = await when(asked.state, { type: 'due' }, FIRST_PERIOD.end, world);
    expect(begun.state).toMatchObject({ status: 'paused', since: FIRST_PERIOD.end });
    expect(world.taken).toEqual([]);
    expect(types(begun.emails)).toEqual(['paused']);
  });

  it('until an instant ends by itself: a period begins and is paid for', async () => {
    const until = inPeriod(40);
    const asked = await when(active(), { ...pause, atPeriodEnd: true, until }, inPeriod(10));
    const begun = await when(asked.state, { type: 'due' }, FIRST_PERIOD.end);
    expect(begun.emails[0]!.data.resumesAt).toBe(until);
    expect(due(begun.state!, FIRST_PERIOD.end)).toEqual({ type: 'resume', at: until });
    const world = till();
    const over = await when(begun.state, { type: 'due' }, until, world);
    expect(over.state).toMatchObject({
      status: 'active',
      anchor: until,
      period: { start: until, end: addMonths(until, 1) },
    });
    expect(world.taken).toEqual([1900]);
    expect(types(over.emails)).toEqual(['resumed', 'receipt']);
  });

  it('that ends by itself with a declined payment is past due from then on', async () => {
    const until = inPeriod(40);
    const { state } = await when(paused({ until }), { type: 'due' }, until, { charge: declined });
    expect(state).toMatchObject({ status: 'past_due', since: until, period: { start: until } });
  });

  it('that is to begin can be undone', async () => {
    const asked = await when(active(), { ...pause, atPeriodEnd: true }, inPeriod(10));
    const undone = await when(asked.state, resume, inPeriod(11));
    expect(types(undone.events)).toEqual(['schedule_cancelled']);
    expect(due(undone.state!, inPeriod(11))).toEqual({ type: 'renewal', at: FIRST_PERIOD.end });
  });

  it('does not begin where the subscription ends by then', async () => {
    const asked = await when(active(), { ...pause, atPeriodEnd: true }, inPeriod(10));
    const cancel = { type: 'cancel', eventId: 'evt_c', atPeriodEnd: true } as const;
    const both = await when(asked.state, cancel, inPeriod(11));
    expect(due(both.state!, inPeriod(11))).toEqual({ type: 'cancel', at: FIRST_PERIOD.end });
  });

  it('is not ended by itself, and charged for, at the instant when the subscription ends', () => {
    const at = inPeriod(40);
    expect(due(paused({ until: at, cancel: { at } }), inPeriod(10))).toEqual({
      type: 'cancel',
      at,
    });
  });

  it.each([
    [{ until: inPeriod(9) }, 'cannot end at'],
    [{ atPeriodEnd: true, until: inPeriod(20) }, 'cannot end at'],
  ])('%j makes no sense', async (how, reason) => {
    const { refused, state } = await when(active(), { ...pause, ...how }, inPeriod(10));
    expect(refused).toEqual({
      reason: expect.stringContaining(reason) as unknown,
      isInvalid: true,
    });
    expect(state).toMatchObject({ status: 'active' });
  });

  it.each([
    ['is to begin already', active({ pausing: { at: FIRST_PERIOD.end } }), 'already set to pause'],
    ['would come after a cancellation', active({ cancel: { at: FIRST_PERIOD.end } }), 'set to end'],
  ])('that %s is refused', async (_, state, reason) => {
    const { refused } = await when(state, pause, inPeriod(10));
    expect(refused).toEqual({ reason: expect.stringContaining(reason) as unknown });
  });
});

describe('the end of a pause in self mode', () => {
  const given = paused({ since: inPeriod(10) });

  it('begins a period now, less what was paid for and paused', async () => {
    const world = till();
    const now = inPeriod(20);
    const { state, emails } = await when(given, resume, now, world);
    // 21 of 31 days were left of 19.00.
    expect(world.taken).toEqual([1900 - 1287]);
    expect(state).toMatchObject({ status: 'active', anchor: now, period: { start: now } });
    expect(state!.balance).toBeUndefined();
    expect(types(emails)).toEqual(['receipt', 'resumed']);
  });

  it('with the old boundaries keeps the period and credits the days of the pause', async () => {
    const world = till();
    const { state } = await when(given, { ...resume, anchor: 'unchanged' }, inPeriod(20), world);
    // 21 of 31 days were left, 11 of them still are.
    expect(world.taken).toEqual([]);
    expect(state).toMatchObject({ anchor: TRIAL_END, period: FIRST_PERIOD, balance: 1287 - 674 });
  });

  it('with the old boundaries, when the period is over, pays for the rest of the one at hand', async () => {
    const world = till();
    const now = addDays(FIRST_PERIOD.end, 1);
    const { state } = await when(
      paused({ since: FIRST_PERIOD.end }),
      { ...resume, anchor: 'unchanged' },
      now,
      world,
    );
    // 30 of 31 days.
    expect(world.taken).toEqual([1839]);
    expect(state).toMatchObject({ anchor: TRIAL_END, period: { start: FIRST_PERIOD.end } });
  });

  it('that is declined is refused, and it stays paused', async () => {
    const { state, refused, emails } = await when(given, resume, inPeriod(20), {
      charge: declined,
    });
    expect(refused!.reason).toMatch(/declined \(insufficient_funds\)/);
    expect({ ...state, seen: [], version: 0 }).toEqual({ ...given, seen: [], version: 0 });
    expect(emails).toEqual([]);
  });

  it('is the conversion where the trial ran out into it, and nothing is credited', async () => {
    const policy = { trialWithoutPaymentMethod: 'pause' as const };
    const out = await when(trialing({ policy }), { type: 'due' }, TRIAL_END, {
      charge: () => ({ outcome: 'no_payment_method' }),
    });
    expect(out.state).toMatchObject({ status: 'paused' });
    expect(types(out.emails)).toEqual(['trial_expired']);
    const world = till();
    const { state, emails } = await when(out.state, resume, inPeriod(5), world);
    expect(world.taken).toEqual([1900]);
    expect(state).toMatchObject({ status: 'active', period: { start: inPeriod(5) } });
    expect(types(emails)).toEqual(['converted']);
  });

  it('credits a first period also when it was too cheap to be charged', async () => {
    const plan = { ...active().plan, price: { amount: 40, currency: 'usd' } };
    const converted = await when(trialing({ plan }), { type: 'due' }, TRIAL_END);
    expect(converted.state).toMatchObject({ status: 'active', balance: -40, converting: true });
    const half = addDuration(TRIAL_END, 'P15DT12H');
    const { state } = await when(converted.state, pause, half);
    const world = till();
    await when(state, { ...resume, anchor: 'unchanged' }, FIRST_PERIOD.end, world);
    // Half of the first is credited; the other half and the second are owed.
    expect(world.taken).toEqual([60]);
  });
});

describe('a pause in provider mode', () => {
  const given: Active = active({ collection: 'provider' });
  const provider = (state: State, now: Instant): World => {
    let view: ProviderSubscription = viewOf(state);
    return {
      ask: (request) => (view = carriedOut(view, request, now)),
      fetch: () => view,
    };
  };

  it('is carried out by the provider, and so is its end', async () => {
    const now = inPeriod(10);
    const begun = await when(given, pause, now, provider(given, now));
    expect(begun.state).toMatchObject({ status: 'paused', ahead: true });
    expect(types(begun.emails)).toEqual(['paused']);
    const over = await when(
      begun.state,
      resume,
      inPeriod(20),
      provider(begun.state!, inPeriod(20)),
    );
    expect(over.state).toMatchObject({ status: 'active', anchor: inPeriod(20) });
    expect(types(over.emails)).toEqual(['resumed']);
  });

  it('until an instant is ended by us at that instant', async () => {
    const until = inPeriod(30);
    const now = inPeriod(10);
    const { state } = await when(given, { ...pause, until }, now, provider(given, now));
    expect(due(state!, now)).toEqual({ type: 'resume', at: until });
    const over = await when(state, { type: 'due' }, until, provider(state!, until));
    expect(over.state).toMatchObject({ status: 'active' });
  });

  it('at the end of the period is our plan: the provider hears of it an hour before', async () => {
    const asked: string[] = [];
    const now = inPeriod(10);
    const onEffect = ({ type }: { type: string }): number => asked.push(type);
    const { state } = await when(given, { ...pause, atPeriodEnd: true }, now, { onEffect });
    expect(asked).toEqual([]);
    const at = addDuration(FIRST_PERIOD.end, 'PT1H', -1);
    expect(due(state!, now)).toEqual({ type: 'pause', at });
    const begun = await when(state, { type: 'due' }, at, { ...provider(state!, at), onEffect });
    expect(asked).toEqual(['ask_provider']);
    expect(begun.state).toMatchObject({ status: 'paused', pausing: undefined });
  });

  it.each([
    ['it refuses', { ask: () => ({ refused: 'Not this one.' }) }],
    ['it does not know it', {}],
    ['it does something else', { fetch: () => viewOf(given) }],
  ] as [string, World][])(
    'is dropped when the provider is to begin it and %s',
    async (_, world) => {
      const asked = active({ collection: 'provider', pausing: { at: FIRST_PERIOD.end } });
      const at = addDuration(FIRST_PERIOD.end, 'PT1H', -1);
      const { state, events, refused } = await when(asked, { type: 'due' }, at, world);
      expect(types(events)).toContain('schedule_cancelled');
      expect(refused).toBeUndefined();
      expect(state).toMatchObject({ status: 'active' });
      expect(due(state!, at)).toMatchObject({ type: 'reconcile' });
    },
  );

  it('whose planned end the provider refuses goes on until somebody resumes it', async () => {
    const until = inPeriod(30);
    const { state } = await when(
      paused({ collection: 'provider', until }),
      { type: 'due' },
      until,
      {
        ask: () => ({ refused: 'No.' }),
      },
    );
    expect(state).toMatchObject({ status: 'paused', until: undefined });
    expect(due(state!, until)).toBeUndefined();
  });

  it('that the provider refuses on request is refused with its reason', async () => {
    const world: World = { ask: () => ({ refused: 'Not this one.' }) };
    const { state, refused } = await when(given, pause, inPeriod(10), world);
    expect(refused).toEqual({ reason: 'Not this one.' });
    expect(state).toMatchObject({ status: 'active' });
  });
});
