import { describe, expect, it } from 'vitest';

import type { Command } from '../../../workflows/domain/commands.ts';
import { due } from '../../../workflows/domain/due.ts';
import { project } from '../../../workflows/domain/projection.ts';
import type { ChargeResult } from '../../../workflows/domain/provider.ts';
import { addDays, addDuration, addMonths } from '../../../workflows/domain/time.ts';
import { day, FIRST_PERIOD, seen, start, T0, TRIAL_END, trialing } from '../../support/fixtures.ts';
import { types, when } from '../../support/given.ts';

const without =
  (...fields: string[]): ((command: Command) => Command) =>
  (command) =>
    Object.fromEntries(
      Object.entries(command).filter(([field]) => !fields.includes(field)),
    ) as unknown as Command;
const untried = without('trial');
const noMethod = (): ChargeResult => ({ outcome: 'no_payment_method' });
const declined = (): ChargeResult => ({ outcome: 'declined', code: 'insufficient_funds' });

describe('a trial that somebody extends', () => {
  const extend = { type: 'extend_trial', eventId: 'evt_x' } as const;

  it('by a duration, or to an instant, ends then', async () => {
    const by = await when(trialing(), { ...extend, by: 'P7D' }, day(5));
    expect(by.state).toMatchObject({ status: 'trialing', trial: { start: T0, end: day(21) } });
    const to = await when(trialing(), { ...extend, trialEnd: day(21) }, day(5));
    expect(project(to.state!, day(5))).toMatchObject({ trialEnd: day(21) });
  });

  it('is announced to end anew, but nothing twice', async () => {
    const given = trialing({ reminded: day(11) });
    const { state } = await when(given, { ...extend, by: 'P4D' }, day(12));
    // Seven days before the new end is when the old one was announced.
    expect(due(state!, day(12))).toEqual({ type: 'trial_reminder', at: day(15) });
  });

  it.each([
    ['by nothing', {}, true, /give one of them/],
    ['twice', { by: 'P1D', trialEnd: day(20) }, true, /give one of them/],
    ['to the past', { trialEnd: day(4) }, true, /cannot lie in the past/],
    ['to an earlier end', { trialEnd: day(13) }, true, /end it now/],
    ['for too long', { by: 'P2Y' }, true, /two years/],
  ])('%s makes no sense', async (_, how, isInvalid, reason) => {
    const { refused } = await when(trialing(), { ...extend, ...how }, day(5));
    expect(refused!.reason).toMatch(reason);
    expect(refused!.isInvalid).toBe(isInvalid);
  });

  it('although it is set to end is not extended', async () => {
    const state = trialing({ cancel: { at: TRIAL_END } });
    const { refused } = await when(state, { ...extend, by: 'P7D' }, day(5));
    expect(refused).toEqual({ reason: expect.stringContaining('undo that first') as unknown });
  });

  it('is extended by the provider where it collects, to an instant', async () => {
    const asked: object[] = [];
    await when(trialing({ collection: 'provider' }), { ...extend, by: 'P7D' }, day(5), {
      ask: (request) => {
        asked.push(request);
        return seen({ trial: { start: T0, end: day(21) } });
      },
    });
    expect(asked).toEqual([{ type: 'extend_trial', eventId: 'evt_x', trialEnd: day(21) }]);
  });
});

describe('a trial that somebody ends', () => {
  const end = { type: 'end_trial', eventId: 'evt_end' } as const;

  it('converts now, and its period begins now', async () => {
    const { state, emails } = await when(trialing(), end, day(5));
    expect(state).toMatchObject({
      status: 'active',
      anchor: day(5),
      period: { start: day(5), end: addMonths(day(5), 1) },
      trial: { end: day(5) },
    });
    expect(types(emails)).toEqual(['converted']);
  });

  it.each([
    ['is declined', declined],
    ['has nothing to be charged', noMethod],
  ])('goes on when the payment %s', async (_, charge) => {
    const { state, refused, emails } = await when(trialing(), end, day(5), { charge });
    expect(refused!.reason).toMatch(/everything stays as it was/);
    expect(state).toMatchObject({ status: 'trialing', trial: { end: TRIAL_END } });
    expect(emails).toEqual([]);
  });
});

describe('the end of a trial without a payment method', () => {
  it('ends the subscription', async () => {
    const { state, emails } = await when(trialing(), { type: 'due' }, TRIAL_END, {
      charge: noMethod,
    });
    expect(state).toMatchObject({ status: 'canceled', cause: 'no_payment_method' });
    expect(types(emails)).toEqual(['trial_expired']);
  });

  it('pauses it where the policy says so', async () => {
    const policy = { trialWithoutPaymentMethod: 'pause' as const };
    const { state, emails } = await when(trialing({ policy }), { type: 'due' }, TRIAL_END, {
      charge: noMethod,
    });
    expect(state).toMatchObject({ status: 'paused', anchor: TRIAL_END });
    expect(types(emails)).toEqual(['trial_expired']);
  });

  it('is the conversion when there is nothing to pay', async () => {
    const plan = { ...trialing().plan, price: { amount: 0, currency: 'usd' } };
    const { state, events, emails } = await when(trialing({ plan }), { type: 'due' }, TRIAL_END, {
      charge: noMethod,
    });
    expect(types(events)).toEqual(['activated']);
    expect(state).toMatchObject({ status: 'active' });
    expect(emails).toEqual([]);
  });
});

describe('another trial of the same customer', () => {
  const policy = { repeatedTrial: 'skip' as const };
  const world = { find: () => ({ hadTrial: true }) };

  it('is skipped where the policy says so, and charged at once', async () => {
    const { state, events, emails } = await when(undefined, start({ policy }), T0, world);
    expect(types(events)).toEqual([
      'subscription_started',
      'trial_skipped',
      'payment_succeeded',
      'activated',
    ]);
    expect(state).toMatchObject({ status: 'active', period: { start: T0 } });
    expect(types(emails)).toEqual(['welcome', 'receipt']);
  });

  it('is charged under one key, however often the task is run', async () => {
    const invoices: string[] = [];
    for (const now of [T0, addDuration(T0, 'PT10S')]) {
      await when(undefined, start({ policy }), now, {
        ...world,
        charge: (_, { invoice }) => {
          invoices.push(invoice);
          return { outcome: 'paid' };
        },
      });
    }
    expect(new Set(invoices).size).toBe(1);
  });

  it('is another trial otherwise', async () => {
    expect((await when(undefined, start(), T0, world)).state).toMatchObject({ status: 'trialing' });
    const first = await when(undefined, start({ policy }), T0);
    expect(first.state).toMatchObject({ status: 'trialing' });
  });
});

describe('a start that we hear of late', () => {
  it('charges for the first period while it runs', async () => {
    const { state } = await when(undefined, untried(start()), day(10));
    expect(state).toMatchObject({ status: 'active', period: { start: T0 } });
  });

  it.each([
    ['that ended', untried(start()), addMonths(T0, 1)],
    ['after a trial, that ended', start(), FIRST_PERIOD.end],
  ])('is of no use for a first period %s', async (_, command, now) => {
    const outcome = await when(undefined, command, now);
    expect(outcome).toMatchObject({ state: undefined, events: [], emails: [] });
    expect(outcome.unusable).toMatch(/import it as it stands/);
  });

  it('converts a trial that ended meanwhile', async () => {
    const { state } = await when(undefined, start(), addDays(TRIAL_END, 3));
    expect(due(state!, addDays(TRIAL_END, 3))).toEqual({ type: 'trial_end', at: TRIAL_END });
  });
});

describe('an import', () => {
  const { at: _at, trial, ...shared } = start() as Extract<Command, { type: 'start' }>;
  const imported = (more: object): Command =>
    ({ ...shared, type: 'import', eventId: 'evt_import', ...more }) as Command;

  it('in a trial welcomes nobody, and announces its end only if that lies ahead', async () => {
    const early = await when(undefined, imported({ status: 'trialing', trial }), day(5));
    expect(early.emails).toEqual([]);
    expect(due(early.state!, day(5))).toEqual({ type: 'trial_reminder', at: day(7) });
    const between = await when(undefined, imported({ status: 'trialing', trial }), day(8));
    expect(due(between.state!, day(8))).toEqual({ type: 'trial_reminder', at: day(11) });
    const late = await when(undefined, imported({ status: 'trialing', trial }), day(12));
    expect(due(late.state!, day(12))).toEqual({ type: 'trial_end', at: TRIAL_END });
    const converted = await when(late.state, { type: 'due' }, TRIAL_END);
    expect(types(converted.emails)).toEqual(['converted']);
  });

  it('in a period charges nothing before it is over, and keeps to the anchor', async () => {
    const anchor = '2026-01-31T10:00:00.000Z';
    const period = { start: '2026-11-30T10:00:00.000Z', end: '2026-12-31T10:00:00.000Z' };
    const command = imported({ status: 'active', period, anchor });
    const { state, emails } = await when(undefined, command, day(20));
    expect(emails).toEqual([]);
    expect(due(state!, day(20))).toEqual({ type: 'renewal', at: period.end });
    const renewed = await when(state, { type: 'due' }, period.end);
    expect(renewed.state).toMatchObject({ period: { end: '2027-01-31T10:00:00.000Z' } });
    expect(types(renewed.emails)).toEqual(['receipt']);
  });

  it('of what is paused stays so, and of what is to end ends then', async () => {
    const command = imported({ status: 'paused', period: FIRST_PERIOD, cancelAt: day(60) });
    const { state } = await when(undefined, command, day(20));
    expect(state).toMatchObject({ status: 'paused', since: day(20) });
    expect(due(state!, day(20))).toEqual({ type: 'cancel', at: day(60) });
  });

  it.each([
    ['period', { status: 'active', period: FIRST_PERIOD }, FIRST_PERIOD.end],
    ['trial', { status: 'trialing', trial }, TRIAL_END],
  ])('whose %s is over is of no use', async (_, how, now) => {
    const outcome = await when(undefined, imported(how), now);
    expect(outcome).toMatchObject({ state: undefined, events: [] });
    expect(outcome.unusable).toMatch(/import it as it stands now/);
  });

  it.each([{ status: 'active' }, { status: 'trialing' }])(
    'that does not say how it stands (%j) cannot be applied',
    async (how) => {
      await expect(when(undefined, imported(how), day(5))).rejects.toThrow(TypeError);
    },
  );

  it('announces no renewal and no card that should have been announced before', async () => {
    const plan = { ...shared.plan, interval: 'year' as const };
    const period = { start: '2026-01-01T00:00:00.000Z', end: '2027-01-01T00:00:00.000Z' };
    const command = imported({ status: 'active', plan, period, card: { expires: '2026-12' } });
    const { state } = await when(undefined, command, '2026-12-28T00:00:00.000Z');
    expect(due(state!, '2026-12-28T00:00:00.000Z')).toEqual({ type: 'renewal', at: period.end });
  });

  it.each([
    ['a trial', seen(), day(12)],
    [
      'a year',
      seen({
        status: 'active',
        plan: { ...shared.plan, interval: 'year' },
        period: { start: T0, end: addMonths(T0, 12) },
      }),
      addDays(addMonths(T0, 12), -3),
    ],
  ])(
    'of %s that the provider collects announces nothing that lies behind either',
    async (_, subscription, now) => {
      const command = imported({ status: 'active', collection: 'provider', period: FIRST_PERIOD });
      const world = { find: () => ({ subscription }) };
      const { state, emails } = await when(undefined, command, now, world);
      expect(emails).toEqual([]);
      expect(due(state!, now)).toMatchObject({ type: 'reconcile' });
    },
  );
});
