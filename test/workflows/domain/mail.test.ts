import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { due } from '../../../workflows/domain/due.ts';
import { EMAIL_TYPES, type EmailType } from '../../../workflows/domain/email-types.ts';
import { stillHolds, type Email } from '../../../workflows/domain/emails.ts';
import type { ChargeResult } from '../../../workflows/domain/provider.ts';
import { beforeQuiet, quietAround } from '../../../workflows/domain/quiet.ts';
import type { Active, State } from '../../../workflows/domain/state.ts';
import { addDays, addDuration, addMonths, fromMs, toMs } from '../../../workflows/domain/time.ts';
import { toWallClock } from '../../../workflows/domain/zone.ts';
import {
  active,
  day,
  FIRST_PERIOD,
  incomplete,
  IN_STATUS,
  pastDue,
  paused,
  start,
  T0,
  TRIAL_END,
  trialing,
  unpaid,
} from '../../support/fixtures.ts';
import { types, when } from '../../support/given.ts';
import { ZONES } from '../../support/zones.ts';

const declined = (): ChargeResult => ({ outcome: 'declined', code: 'insufficient_funds' });
const YEAR = { ...active().plan, interval: 'year' as const };

describe('a renewal', () => {
  const yearly = (more: Partial<Active> = {}): Active =>
    active({ plan: YEAR, period: { start: TRIAL_END, end: addMonths(TRIAL_END, 12) }, ...more });
  const { end } = yearly().period;

  it('of a year is announced 7 days before, once', async () => {
    expect(due(yearly(), TRIAL_END)).toEqual({ type: 'renewal_reminder', at: addDays(end, -7) });
    const { state, emails } = await when(yearly(), { type: 'due' }, addDays(end, -7));
    expect(emails).toMatchObject([
      { type: 'renewal_reminder', key: `renewal_reminder:sub_1:${end}`, data: { periodEnd: end } },
    ]);
    expect(due(state!, addDays(end, -7))).toEqual({ type: 'renewal', at: end });
    const renewed = await when(state, { type: 'due' }, end);
    expect(due(renewed.state!, end)).toMatchObject({ type: 'renewal_reminder' });
  });

  it.each([
    ['month', 5, false],
    ['month', 6, true],
    ['quarter', 1, false],
    ['quarter', 2, true],
    ['week', 25, false],
    ['week', 26, true],
    ['day', 179, false],
    ['day', 180, true],
  ] as const)('of every %s times %d is announced: %s', (interval, intervalCount, isAnnounced) => {
    const state = yearly({ plan: { ...YEAR, interval, intervalCount } });
    expect(due(state, TRIAL_END)!.type).toBe(isAnnounced ? 'renewal_reminder' : 'renewal');
  });

  it.each([
    ['that will not be, as it ends', yearly({ cancel: { at: end } }), 'cancel'],
    ['that will not be, as it is paused', yearly({ pausing: { at: end } }), 'pause'],
  ])('%s is not announced', (_, state, type) => {
    expect(due(state, TRIAL_END)).toEqual({ type, at: end });
  });

  it('is announced when the policy says so', () => {
    const state = yearly({ policy: { renewalReminder: 'P30D' } });
    expect(due(state, TRIAL_END)!.at).toBe(addDays(end, -30));
  });
});

describe('a card', () => {
  const card = { expires: '2026-12' };
  const announced = addDays('2027-01-01T00:00:00.000Z', -20);

  it('that expires is announced 20 days before the end of its month, once', async () => {
    const given = active({ card });
    expect(due(given, T0)).toEqual({ type: 'card_expiring', at: announced });
    const { state, emails } = await when(given, { type: 'due' }, announced);
    expect(emails).toMatchObject([{ type: 'card_expiring', data: { cardExpires: '2026-12' } }]);
    expect(due(state!, announced)).toMatchObject({ type: 'renewal' });
  });

  it('that replaces it is announced in its turn, by the one who charges as by the customer', async () => {
    const given = active({ card, cardAnnounced: '2026-12' });
    const next = { type: 'update_payment_method', eventId: 'e1', paymentMethod: 'pm_2' } as const;
    const { state } = await when(given, { ...next, card: { expires: '2027-01' } }, day(20));
    expect(due(state!, day(20))).toEqual({ type: 'renewal', at: FIRST_PERIOD.end });
    expect(due({ ...(state as Active), period: { start: T0, end: day(300) } }, day(20))).toEqual({
      type: 'card_expiring',
      at: addDays('2027-02-01T00:00:00.000Z', -20),
    });
    const renewed = await when(given, { type: 'due' }, FIRST_PERIOD.end, {
      charge: () => ({ outcome: 'paid', card: { expires: '2030-01' } }),
    });
    expect(renewed.state!.card).toEqual({ expires: '2030-01' });
  });

  it('is changed by the provider only when it is ours', async () => {
    const tell = { type: 'update_card', eventId: 'e1', card: { expires: '2030-01' } } as const;
    const ours = await when(active({ card }), { ...tell, paymentMethod: 'pm_card_visa' }, day(20));
    expect(ours.state!.card).toEqual({ expires: '2030-01' });
    const other = await when(active({ card }), { ...tell, paymentMethod: 'pm_9' }, day(20));
    expect(other).toMatchObject({ state: { card }, events: [] });
  });

  it.each([
    ['has expired', active({ card: { expires: '2026-10' } })],
    ['will not be needed', active({ card, cancel: { at: FIRST_PERIOD.end } })],
  ])('that %s is not announced', (_, state) => {
    expect(due(state, T0)!.type).not.toBe('card_expiring');
  });
});

/** About when the clocks of a zone change in 2025 and 2026; new year where they never do. */
function changesIn(zone: string): string[] {
  const first = '2025-01-01T00:00:00.000Z';
  const days = Array.from({ length: 730 }, (_, index) => addDays(first, index));
  const offsets = days.map((at) => toMs(toWallClock(at, zone)) - toMs(at));
  const changes = days.filter((_, index) => index > 0 && offsets[index] !== offsets[index - 1]);
  return changes.length > 0 ? changes.map((at) => addDuration(at, 'PT12H', -1)) : [first];
}

describe('quiet hours', () => {
  const quietHours = { from: '22:00', to: '08:00', zone: 'Europe/Berlin' };
  const policy = { quietHours };
  const at = (time: string, more: object = {}) =>
    quietAround({ policy, customer: {}, ...more }, `2026-11-20T${time}:00.000Z`);

  it('last from the evening to the morning, by the clocks of the zone', () => {
    expect(at('20:59')).toBeUndefined();
    const night = { start: '2026-11-20T21:00:00.000Z', end: '2026-11-21T07:00:00.000Z' };
    expect(at('21:00')).toEqual(night);
    expect(at('23:30')).toEqual(night);
    expect(at('06:59')).toEqual({
      start: '2026-11-19T21:00:00.000Z',
      end: '2026-11-20T07:00:00.000Z',
    });
    expect(at('07:00')).toBeUndefined();
  });

  it('are those of the recipient where their zone is known, and of UTC where none is', () => {
    expect(at('13:00', { customer: { timezone: 'Asia/Tokyo' } })).toEqual({
      start: '2026-11-20T13:00:00.000Z',
      end: '2026-11-20T23:00:00.000Z',
    });
    const utc = { policy: { quietHours: { from: '12:00', to: '14:00' } } };
    expect(at('13:00', utc)).toEqual({
      start: '2026-11-20T12:00:00.000Z',
      end: '2026-11-20T14:00:00.000Z',
    });
  });

  it('are an hour longer or shorter in a night when clocks change', () => {
    const around = (instant: string) => quietAround({ policy, customer: {} }, instant);
    expect(around('2026-10-25T00:30:00.000Z')).toEqual({
      start: '2026-10-24T20:00:00.000Z',
      end: '2026-10-25T07:00:00.000Z',
    });
    expect(around('2027-03-28T00:30:00.000Z')).toEqual({
      start: '2027-03-27T21:00:00.000Z',
      end: '2027-03-28T06:00:00.000Z',
    });
  });

  it('hold the instant that they are asked about, whatever clocks do', () => {
    const times = fc.integer({ min: 0, max: 47 }).map((half) => {
      const hour = String(Math.floor(half / 2)).padStart(2, '0');
      return `${hour}:${half % 2 ? '30' : '00'}`;
    });
    const changes = ZONES.flatMap((zone) => changesIn(zone).map((change) => ({ zone, change })));
    const around = fc
      .tuple(fc.constantFrom(...changes), fc.integer({ min: -720, max: 720 }))
      .map(([{ zone, change }, minutes]) => ({
        zone,
        instant: fromMs(toMs(change) + minutes * 60_000),
      }));
    fc.assert(
      fc.property(times, times, around, (from, to, { zone, instant }) => {
        const recipient = { policy: { quietHours: { from, to, zone } }, customer: {} };
        const quiet = quietAround(recipient, instant);
        const { start: begins, end } = quiet ?? { start: instant, end: addDays(instant, 1) };
        expect([toMs(begins) <= toMs(instant), toMs(end) > toMs(instant)]).toEqual([true, true]);
        expect(toMs(end) - toMs(begins)).toBeLessThanOrEqual(27 * 3_600_000);
        expect(toMs(beforeQuiet(recipient, instant))).toBeLessThanOrEqual(toMs(instant));
      }),
      { numRuns: 3000 },
    );
  });

  it('hold an instant that shows for the second time after their end to be over', () => {
    const night = { policy: { quietHours: { from: '22:00', to: '02:30', zone: 'Europe/Berlin' } } };
    // 02:15 for the second time, after the first 02:30.
    expect(quietAround({ ...night, customer: {} }, '2026-10-25T01:15:00.000Z')).toBeUndefined();
  });

  it('move a reminder before them, and its key stays that of its instant', async () => {
    const trial = { start: T0, end: '2026-12-04T02:00:00.000Z' };
    const given = trialing({ policy, trial });
    const moved = '2026-11-26T21:00:00.000Z';
    expect(due(given, T0)).toEqual({ type: 'trial_reminder', at: moved });
    const { state, emails } = await when(given, { type: 'due' }, moved);
    expect(emails).toMatchObject([{ key: 'trial_ending:sub_1:2026-11-27T02:00:00.000Z' }]);
    expect(emails[0]!.notBefore).toBeUndefined();
    expect(due(state!, moved)).toEqual({ type: 'trial_reminder', at: '2026-11-30T21:00:00.000Z' });
  });

  it('hold other mail to their end, but not what the customer waits for', async () => {
    const now = '2026-12-20T23:00:00.000Z';
    const given = active({ policy, period: { start: TRIAL_END, end: now } });
    const renewed = await when(given, { type: 'due' }, now);
    expect(renewed.emails).toMatchObject([
      { type: 'receipt', notBefore: '2026-12-21T07:00:00.000Z' },
    ]);
    const cancel = { type: 'cancel', eventId: 'e1', atPeriodEnd: true } as const;
    const asked = await when(active({ policy }), cancel, now);
    expect(asked.emails[0]!.notBefore).toBeUndefined();
  });

  it('are off by default', () => {
    expect(
      quietAround({ customer: {}, policy: undefined }, '2026-11-20T23:00:00.000Z'),
    ).toBeUndefined();
  });
});

describe('mail that has waited', () => {
  const held = (type: EmailType, data: object = {}): Email => ({
    type,
    key: type,
    subscription: 'sub_1',
    at: T0,
    to: { id: 'cus_1' },
    data,
  });

  it.each([
    ['payment_failed', pastDue(), true],
    ['payment_failed', incomplete(), true],
    ['payment_failed', unpaid(), true],
    ['payment_failed', active(), false],
    ['payment_failed', IN_STATUS.canceled, false],
    ['final_notice', active(), false],
    ['payment_action_required', active(), false],
    ['access_revoked', pastDue({ revoked: true }), true],
    ['access_revoked', active(), false],
    ['trial_ending', trialing(), true],
    ['trial_ending', trialing({ cancel: { at: TRIAL_END } }), false],
    ['trial_ending', active(), false],
    ['renewal_reminder', active(), true],
    ['renewal_reminder', active({ cancel: { at: FIRST_PERIOD.end } }), false],
    ['receipt', IN_STATUS.canceled, true],
    ['cancelled', IN_STATUS.canceled, true],
    ['win_back', IN_STATUS.canceled, false],
  ] as const)('%s is still true: %#', (type, state: State, holds) => {
    expect(stillHolds(held(type), state)).toBe(holds);
  });

  it('about a card is true while it is the card', () => {
    const mail = held('card_expiring', { cardExpires: '2026-12' });
    expect(stillHolds(mail, active({ card: { expires: '2026-12' } }))).toBe(true);
    expect(stillHolds(mail, active({ card: { expires: '2030-01' } }))).toBe(false);
  });
});

describe('a type of e-mail that is switched off', () => {
  it('does not go out, and everything else does', async () => {
    const policy = { emails: { receipt: false } };
    const { emails, state } = await when(active({ policy }), { type: 'due' }, FIRST_PERIOD.end);
    expect(emails).toEqual([]);
    expect(state).toMatchObject({ status: 'active', period: { start: FIRST_PERIOD.end } });
    const failed = await when(active({ policy }), { type: 'due' }, FIRST_PERIOD.end, {
      charge: declined,
    });
    expect(types(failed.emails)).toEqual(['payment_failed']);
  });

  it('is none of those that a life without mail has', async () => {
    const emails = Object.fromEntries(EMAIL_TYPES.map((type) => [type, false]));
    const sent: string[] = [];
    let outcome = await when(undefined, start({ policy: { emails } }), T0);
    for (let i = 0; i < 40; i += 1) {
      sent.push(...types(outcome.emails));
      const next = due(outcome.state!, T0);
      if (next === undefined) break;
      outcome = await when(outcome.state, { type: 'due' }, next.at, {
        charge: (attempt) => (i > 8 && attempt > 0 ? declined() : { outcome: 'paid' }),
      });
    }
    expect(outcome.state).toMatchObject({ status: 'canceled' });
    expect(sent).toEqual([]);
  });
});

describe('mail that somebody wants again', () => {
  const resend = { type: 'resend_email', eventId: 'e1', email: 'receipt' } as const;

  it('goes out again, and the timeline says so', async () => {
    const { events, emails } = await when(active(), resend, day(20));
    expect(events).toMatchObject([{ type: 'email_resent', email: 'receipt' }]);
    expect(emails).toEqual([]);
  });

  it('that there has not been is refused', async () => {
    const { refused } = await when(active(), resend, day(20), { wasSent: false });
    expect(refused).toEqual({ reason: 'There has been no such e-mail.' });
  });
});

it('a pause says when it ends, and access says nothing twice', async () => {
  const until = addDuration(day(20), 'P10D');
  const { emails } = await when(active(), { type: 'pause', eventId: 'e1', until }, day(20));
  expect(emails).toMatchObject([{ type: 'paused', data: { resumesAt: until } }]);
  expect(due(paused(), day(20))).toBeUndefined();
});

describe('what a timer brings is told once, whatever has come before the task that is run again', () => {
  const at = FIRST_PERIOD.end;
  const noted = { type: 'attach_clock', eventId: 'evt_between', clock: 'clk' } as const;

  it.each<[string, State, string]>([
    ['a pause', active({ pausing: { at } }), at],
    [
      'the end of a pause',
      paused({ since: TRIAL_END, period: FIRST_PERIOD, until: day(20) }),
      day(20),
    ],
    [
      'the end of access',
      pastDue({
        policy: { dunning: { retries: [], finalAction: 'unpaid' } },
        since: FIRST_PERIOD.end,
      }),
      FIRST_PERIOD.end,
    ],
  ])('%s', async (_, state, now) => {
    const first = await when(state, { type: 'due' }, now);
    const between = await when(state, noted, now);
    const again = await when(between.state, { type: 'due' }, now);
    expect(first.emails).not.toEqual([]);
    expect(again.emails.map(({ key }) => key)).toEqual(first.emails.map(({ key }) => key));
  });
});
