import { describe, expect, it } from 'vitest';

import { due } from '../../../workflows/domain/due.ts';
import { project } from '../../../workflows/domain/projection.ts';
import type { ChargeResult } from '../../../workflows/domain/provider.ts';
import type { State } from '../../../workflows/domain/state.ts';
import { addDays, type Instant } from '../../../workflows/domain/time.ts';
import {
  active,
  day,
  ended,
  FIRST_PERIOD,
  observe,
  paused,
  seen,
  T0,
  TRIAL_END,
  trialing,
  unix,
} from '../../support/fixtures.ts';
import { types, when } from '../../support/given.ts';

const cancel = { type: 'cancel', eventId: 'evt_cancel' } as const;
const uncancel = { type: 'uncancel', eventId: 'evt_uncancel' } as const;

/** Every instant and type of what is due from now on. */
async function rest(first: State, charge?: () => ChargeResult): Promise<[string, Instant][]> {
  const all: [string, Instant][] = [];
  let state: State = first;
  for (let i = 0; i < 10; i += 1) {
    const next = due(state, T0);
    if (next === undefined) return all;
    all.push([next.type, next.at]);
    state = (await when(state, { type: 'due' }, next.at, { ...(charge && { charge }) })).state!;
  }
  return all;
}

describe('a cancellation', () => {
  it('that was to come later comes at the end of the period for who asks for that', async () => {
    const state = active({ cancel: { at: addDays(FIRST_PERIOD.end, 300) } });
    const sooner = { ...cancel, atPeriodEnd: true };
    const { state: after, refused } = await when(state, sooner, day(20));
    expect(refused).toBeUndefined();
    expect(after).toMatchObject({ cancel: { at: FIRST_PERIOD.end } });
    const again = await when(after, { ...sooner, eventId: 'evt_again' }, day(21));
    expect(again.refused?.reason).toMatch(/already set to end/);
  });

  it('at an instant ends the subscription then, and renews it before', async () => {
    const at = addDays(FIRST_PERIOD.end, 5);
    const { state, emails } = await when(active(), { ...cancel, at, reason: 'moving' }, day(20));
    expect(state).toMatchObject({ status: 'active', cancel: { at, reason: 'moving' } });
    expect(emails).toMatchObject([{ type: 'cancellation_scheduled', data: { cancelAt: at } }]);
    expect(await rest(state!)).toEqual([
      ['renewal', FIRST_PERIOD.end],
      ['cancel', at],
    ]);
  });

  it('of a trial announces no end of it, and charges nothing', async () => {
    const { state } = await when(trialing(), { ...cancel, atPeriodEnd: true }, day(1));
    expect(await rest(state!)).toEqual([['cancel', TRIAL_END]]);
  });

  it('can be moved, and undone', async () => {
    const set = await when(active(), { ...cancel, atPeriodEnd: true }, day(20));
    const at = addDays(FIRST_PERIOD.end, 5);
    const moved = await when(set.state, { ...cancel, eventId: 'evt_2', at }, day(21));
    expect(project(moved.state!, day(21))).toMatchObject({ cancelAt: at });
    const undone = await when(moved.state, uncancel, day(22));
    expect(undone.emails).toMatchObject([{ type: 'cancellation_reversed' }]);
    expect(due(undone.state!, day(22))).toEqual({ type: 'renewal', at: FIRST_PERIOD.end });
  });

  it('has a mail each time that it is set and undone', async () => {
    let state: State | undefined = active();
    const keys: string[] = [];
    for (const n of [1, 2, 3]) {
      const set = await when(state, { ...cancel, eventId: `s${n}`, atPeriodEnd: true }, day(20));
      const undone = await when(set.state, { ...uncancel, eventId: `u${n}` }, day(20));
      keys.push(...[...set.emails, ...undone.emails].map(({ key }) => key));
      ({ state } = undone);
    }
    expect(new Set(keys).size).toBe(6);
  });

  it.each([
    ['both at once', { atPeriodEnd: true, at: day(30) }, true, /not both/],
    ['in the past', { at: day(19) }, true, /cannot lie in the past/],
    ['now by an instant', { at: day(20) }, true, /cannot lie in the past/],
  ])('%s makes no sense', async (_, how, isInvalid, reason) => {
    const { refused, state } = await when(active(), { ...cancel, ...how }, day(20));
    expect(refused!.reason).toMatch(reason);
    expect(refused!.isInvalid).toBe(isInvalid);
    expect(state!.cancel).toBeUndefined();
  });

  it('of a pause for good ends it at the instant', () => {
    const at = day(60);
    expect(due(paused({ cancel: { at } }), day(30))).toEqual({ type: 'cancel', at });
  });

  it('that the provider refuses is refused with its words', async () => {
    const state = active({ collection: 'provider' });
    const world = { ask: () => ({ refused: 'This one is locked.' }) };
    const outcome = await when(state, cancel, day(20), world);
    expect(outcome.refused).toEqual({ reason: 'This one is locked.' });
    expect(types(outcome.events)).toEqual(['ignored']);
  });
});

describe('a customer who has left', () => {
  const gone = (marketing: boolean | undefined, more: object = {}) =>
    ended({
      cause: 'requested',
      customer: {
        id: 'cus_1',
        email: 'a@example.com',
        ...(marketing !== undefined && { marketing }),
      },
      ...more,
    });

  it('is invited back after 7 and after 30 days, if they have agreed to that', async () => {
    expect(await rest(gone(true))).toEqual([
      ['win_back', addDays(TRIAL_END, 7)],
      ['win_back', addDays(TRIAL_END, 30)],
    ]);
    const { emails } = await when(gone(true), { type: 'due' }, addDays(TRIAL_END, 7));
    expect(emails).toMatchObject([{ type: 'win_back', at: addDays(TRIAL_END, 7) }]);
  });

  it.each([
    ['who has not agreed', gone(false)],
    ['who was not asked', gone(undefined)],
    ['whom the merchant does not invite', gone(true, { policy: { winBack: [] } })],
    ['whom no such mail goes to', gone(true, { policy: { emails: { win_back: false } } })],
    ['whose end we have only heard of', gone(true, { cause: undefined })],
  ])('%s is not', (_, state) => {
    expect(due(state, TRIAL_END)).toBeUndefined();
  });

  it('is not invited when they are back, nor later', async () => {
    const world = { isBack: true };
    const { state, events, emails } = await when(
      gone(true),
      { type: 'due' },
      addDays(TRIAL_END, 7),
      world,
    );
    expect(types(events)).toEqual(['win_back_dropped']);
    expect(emails).toEqual([]);
    expect(due(state!, TRIAL_END)).toBeUndefined();
  });

  it('is invited once when two invitations are overdue', async () => {
    const { state, emails } = await when(gone(true), { type: 'due' }, addDays(TRIAL_END, 40));
    expect(emails).toMatchObject([{ at: addDays(TRIAL_END, 30) }]);
    expect(due(state!, TRIAL_END)).toBeUndefined();
  });

  it.each([{ type: 'unsubscribe' }, { type: 'erase' }] as const)(
    'and then says %j is not invited any more',
    async (command) => {
      const { state } = await when(
        gone(true),
        { ...command, eventId: 'e1' },
        addDays(TRIAL_END, 1),
      );
      expect(due(state!, TRIAL_END)).toBeUndefined();
    },
  );
});

describe('an end that the provider tells of', () => {
  const told = async (more: object, before: State = active({ collection: 'provider' })) => {
    const subscription = seen({
      status: 'canceled',
      endedAt: day(30),
      period: FIRST_PERIOD,
      paymentMethod: 'pm_card_visa',
      ...more,
    });
    return (await when(before, observe(unix(day(30)), subscription), day(30))).events.at(-1);
  };

  it.each([
    [{ cancelReason: 'payment_failed' }, 'payment_failed'],
    [{ cancelReason: 'cancellation_requested', cancelComment: 'Too dear.' }, 'requested'],
    [{}, 'provider'],
  ])('with %j has the cause %s', async (more, cause) => {
    expect(await told(more)).toMatchObject({ type: 'ended', cause });
  });

  it('was asked for where it was planned', async () => {
    const before = active({ collection: 'provider', cancel: { at: day(30) } });
    expect(await told({}, before)).toMatchObject({ cause: 'requested' });
  });

  it('that is the first we hear of it is noted, and nobody is written to, whatever came first', async () => {
    const over = seen({
      status: 'canceled',
      endedAt: day(3),
      customer: { id: 'cus_1', marketing: true },
    });
    const world = { find: () => ({ subscription: over }) };
    const invoice = { id: 'in_1', amount: { amount: 1900, currency: 'usd' } };
    for (const command of [
      { type: 'invoice_paid', eventId: 'e1', created: 5, invoice },
      { type: 'invoice_failed', eventId: 'e1', created: 5, invoice, attempt: 1 },
      { type: 'update_payment_method', eventId: 'e1', paymentMethod: 'pm_2' },
      observe(5, seen()),
    ] as const) {
      const { state, events, emails } = await when(undefined, command, day(90), world);
      expect(types(events)).toEqual(['found_ended']);
      expect(emails).toEqual([]);
      expect(due(state!, day(90))).toBeUndefined();
    }
  });
});
