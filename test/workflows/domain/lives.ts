import * as fc from 'fast-check';

import type { Command } from '../../../workflows/domain/commands.ts';
import type { Conclusion } from '../../../workflows/domain/conclude.ts';
import type { ProviderRequest } from '../../../workflows/domain/decision.ts';
import { due } from '../../../workflows/domain/due.ts';
import { EMAIL_TYPES } from '../../../workflows/domain/email-types.ts';
import type { Policy } from '../../../workflows/domain/policy.ts';
import type { ChargeResult } from '../../../workflows/domain/provider.ts';
import type { Request } from '../../../workflows/domain/requests.ts';
import {
  STATUSES,
  type Collection,
  type Plan,
  type State,
} from '../../../workflows/domain/state.ts';
import {
  addDays,
  addDuration,
  fromMs,
  isDue,
  toMs,
  type Instant,
} from '../../../workflows/domain/time.ts';
import { observe, T0, unix, viewOf } from '../../support/fixtures.ts';
import { carriedOut, when, type World } from '../../support/given.ts';

/** Lives of subscriptions as chance would have them, for properties that hold in all of them. */

const SUBSCRIPTION = 'sub_1SAVbqHYgolSBA35D4kbEwiI';
const CUSTOMER = 'cus_T7lZqwqz5hG3xv';

const PLANS: readonly Plan[] = [
  {
    id: 'price_1SAVbqHYgolSBA35basic',
    price: { amount: 1900, currency: 'usd' },
    interval: 'month',
  },
  {
    id: 'price_1SAVbqHYgolSBA35large',
    price: { amount: 4999, currency: 'usd' },
    interval: 'month',
  },
  {
    id: 'price_1SAVbqHYgolSBA35years',
    price: { amount: 19_000, currency: 'usd' },
    interval: 'year',
  },
  { id: 'price_1SAVbqHYgolSBA35weeks', price: { amount: 35, currency: 'usd' }, interval: 'week' },
  { id: 'price_1SAVbqHYgolSBA35afree', price: { amount: 0, currency: 'usd' }, interval: 'month' },
  {
    id: 'price_1SAVbqHYgolSBA35halfs',
    price: { amount: 9_900, currency: 'usd' },
    interval: 'month',
    intervalCount: 6,
  },
];

const ZONES = [undefined, 'Europe/Berlin', 'Pacific/Apia', 'America/Santiago'];

const policies: fc.Arbitrary<Policy> = fc.record(
  {
    trialWithoutPaymentMethod: fc.constantFrom('cancel', 'pause'),
    trialReminders: fc.constantFrom(['P1D'], ['P7D', 'P3D', 'PT1H']),
    dunning: fc.record(
      {
        retries: fc.constantFrom(['P1D'], [], ['P1D', 'P1D', 'P20D'], ['PT1H', 'P2D']),
        grace: fc.constantFrom('P0D', 'P3D', 'P40D'),
        finalAction: fc.constantFrom('cancel', 'unpaid', 'past_due'),
      },
      { requiredKeys: [] },
    ),
    quietHours: fc.constantFrom(
      { from: '22:00', to: '08:00', zone: 'Europe/Berlin' },
      { from: '00:30', to: '02:45', zone: 'America/New_York' },
    ),
  },
  { requiredKeys: [] },
);

export interface Beginning {
  collection: Collection;
  plan: Plan;
  quantity: number;
  trialDays: number;
  zone: string | undefined;
  policy: Policy;
  hasCard: boolean;
}

export const beginnings: fc.Arbitrary<Beginning> = fc.record({
  collection: fc.constantFrom('self', 'provider'),
  plan: fc.constantFrom(...PLANS),
  quantity: fc.integer({ min: 1, max: 3 }),
  trialDays: fc.constantFrom(0, 0, 1, 5, 14, 30),
  zone: fc.constantFrom(...ZONES),
  policy: policies,
  hasCard: fc.boolean(),
});

/** Time passes; then what is due is done, or not yet; then somebody may say something. */
export interface Step {
  hours: number;
  isOnTime: boolean;
  command: Saying | undefined;
  charges: ChargeResult[];
  isRefused: boolean;
}

/** What is said, once the state and the time are known. */
type Saying = (state: State, now: Instant) => Command;

const requests: fc.Arbitrary<(state: State, now: Instant) => Request> = fc.oneof(
  fc.constant<(state: State, now: Instant) => Request>(() => ({ type: 'cancel' })),
  fc.constant(() => ({ type: 'cancel' as const, atPeriodEnd: true })),
  fc.integer({ min: 1, max: 90 }).map((days) => (_: State, now: Instant) => ({
    type: 'cancel' as const,
    at: addDays(now, days),
  })),
  fc.constant(() => ({ type: 'uncancel' as const })),
  fc.constant(() => ({ type: 'pause' as const })),
  fc.constant(() => ({ type: 'pause' as const, atPeriodEnd: true })),
  fc
    .tuple(fc.boolean(), fc.integer({ min: 1, max: 90 }))
    .map(([atPeriodEnd, days]) => (_: State, now: Instant) => ({
      type: 'pause' as const,
      atPeriodEnd,
      until: addDays(now, days),
    })),
  fc.constantFrom(undefined, 'now' as const, 'unchanged' as const).map((anchor) => () => ({
    type: 'resume' as const,
    ...(anchor && { anchor }),
  })),
  fc
    .tuple(fc.constantFrom(...PLANS), fc.boolean(), fc.integer({ min: 1, max: 4 }), fc.boolean())
    .map(([plan, atPeriodEnd, quantity, isPreviewed]) => (_: State, now: Instant) => ({
      type: 'change_plan' as const,
      plan,
      quantity,
      atPeriodEnd,
      ...(isPreviewed && !atPeriodEnd && { prorateAt: addDuration(now, 'PT5M', -1) }),
    })),
  fc.constant(() => ({ type: 'cancel_plan_change' as const })),
  fc.integer({ min: 1, max: 5 }).map((quantity) => () => ({
    type: 'change_quantity' as const,
    quantity,
  })),
  fc.constantFrom('P1D', 'P4D', 'P30D').map((by) => () => ({ type: 'extend_trial' as const, by })),
  fc.constant(() => ({ type: 'end_trial' as const })),
  fc.constant(() => ({ type: 'update_contact' as const, timezone: 'Asia/Tokyo', marketing: true })),
  fc.constantFrom(...EMAIL_TYPES).map((email) => () => ({ type: 'resend_email' as const, email })),
);

const invoice = (id: string) => ({ id, amount: { amount: 1900, currency: 'usd' } });

const others: fc.Arbitrary<(state: State, now: Instant) => Omit<Command, 'eventId'>> = fc.oneof(
  fc.uuid().map((id) => () => ({ type: 'invoice_paid', invoice: invoice(id) })),
  fc
    .tuple(fc.uuid(), fc.integer({ min: 1, max: 3 }))
    .map(([id, attempt]) => (_: State, now: Instant) => ({
      type: 'invoice_failed',
      created: unix(now),
      invoice: invoice(id),
      attempt,
    })),
  fc.boolean().map((isPaid) => (state: State) => ({
    type: 'authenticated',
    payment: {
      id: 'pi_1',
      key: 'k',
      invoice: invoice('anchor' in state ? state.period.start : T0),
      isPaid,
    },
  })),
  fc
    .tuple(fc.constantFrom('pm_1SAVbqHYgolSBA351', 'pm_1SAVbqHYgolSBA352'), fc.boolean())
    .map(([paymentMethod, isKnown]) => () => ({
      type: 'update_payment_method',
      paymentMethod,
      ...(isKnown && { card: { expires: '2027-03' } }),
    })),
  fc.constant(() => ({ type: 'update_customer', customer: { email: 'grace@example.com' } })),
  fc.constant((_: State, now: Instant) => ({ type: 'end', at: now })),
  fc.constant(() => ({ type: 'attach_clock', clock: 'clock_1SAVbqHYgolSBA35D4k' })),
  fc.constant(() => ({ type: 'unsubscribe' })),
  fc.constant(() => ({ type: 'note_feedback', feedback: { kind: 'bounce', isPermanent: true } })),
  fc.constant(() => ({ type: 'erase' })),
  fc
    .tuple(fc.constantFrom(...STATUSES), fc.integer({ min: -3, max: 40 }))
    .map(([status, days]) => (state: State, now: Instant) => {
      const start = 'anchor' in state ? state.period.end : now;
      const subscription = {
        ...viewOf(state),
        status,
        period: { start, end: addDays(start, 31) },
        ...((status === 'canceled' || status === 'incomplete_expired') && { endedAt: now }),
      };
      return observe(unix(addDays(now, Math.min(days, 0))), subscription);
    }),
) as fc.Arbitrary<(state: State, now: Instant) => Omit<Command, 'eventId'>>;

const sayings: fc.Arbitrary<Saying> = fc
  .tuple(fc.oneof({ weight: 3, arbitrary: requests }, { weight: 1, arbitrary: others }), fc.uuid())
  .map(
    ([say, eventId]) =>
      (state, now) =>
        ({ ...say(state, now), eventId }) as Command,
  );

const chargeResults: fc.Arbitrary<ChargeResult> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<ChargeResult>({ outcome: 'paid' }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<ChargeResult>(
      { outcome: 'declined', code: 'insufficient_funds' },
      { outcome: 'declined', code: 'stolen_card' },
      { outcome: 'declined', code: 'authentication_required' },
      { outcome: 'action_required', payment: 'pi_1SAVbqHYgolSBA35D' },
      { outcome: 'no_payment_method' },
    ),
  },
);

export const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    hours: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 1500 })),
    isOnTime: fc.boolean(),
    command: fc.option(sayings, { nil: undefined, freq: 5 }),
    charges: fc.array(chargeResults, { minLength: 1, maxLength: 4 }),
    isRefused: fc.boolean(),
  }),
  { maxLength: 14 },
);

const beginningOf = (from: Beginning): Command => ({
  type: 'start',
  eventId: 'evt_start',
  at: T0,
  customer: {
    id: CUSTOMER,
    email: 'ada.lovelace@example.com',
    name: 'Ada Lovelace',
    locale: 'en-GB',
    marketing: true,
  },
  plan: from.plan,
  quantity: from.quantity,
  collection: from.collection,
  livemode: true,
  policy: from.policy,
  ...(from.trialDays > 0 && { trial: { start: T0, end: addDays(T0, from.trialDays) } }),
  ...(from.hasCard && {
    paymentMethod: 'pm_1SAVbqHYgolSBA35D4kbEw',
    card: { expires: '2027-02' },
  }),
  ...(from.zone && { zone: from.zone }),
});

/** One input on its way through a life. */
export interface Moment {
  before: State | undefined;
  now: Instant;
  conclusion: Conclusion;
}

/** How much there may be to do between two instants: renewals by the week, dunning, reminders, questions. */
const enough = (days: number): number => 60 + days;

/** Lives through all of it, and tells `hear` of every moment. Throws when what is due at an instant never comes to an end. */
export async function live(
  from: Beginning,
  through: Step[],
  hear: (moment: Moment) => void,
): Promise<State | undefined> {
  let state: State | undefined;
  let now = T0;
  let results: ChargeResult[] = [{ outcome: 'paid' }];
  let isRefused = false;
  const world: World = {
    id: SUBSCRIPTION,
    charge: () => {
      const [next = { outcome: 'paid' as const }, ...rest] = results;
      results = [...rest, next];
      return next;
    },
    ask: (request: ProviderRequest) =>
      isRefused ? { refused: 'No.' } : carriedOut(viewOf(state!), request, now),
    fetch: () => viewOf(state!),
  };
  const take = async (input: Parameters<typeof when>[1]): Promise<void> => {
    const before = state;
    const conclusion = await when(before, input, now, {
      ...world,
      ...(before === undefined && { find: () => ({}) }),
    });
    state = conclusion.state;
    hear({ before, now, conclusion });
  };
  const catchUp = async (days: number): Promise<void> => {
    for (let i = 0; ; i += 1) {
      const next = state && due(state, now);
      if (next === undefined || !isDue(next.at, now)) return;
      if (i > enough(days)) throw new Error(`${next.type} at ${next.at} is due again and again`);
      await take({ type: 'due' });
    }
  };
  results = through[0]?.charges ?? results;
  await take(beginningOf(from));
  for (const step of through) {
    now = fromMs(toMs(now) + step.hours * 3_600_000);
    results = step.charges;
    ({ isRefused } = step);
    if (step.isOnTime) await catchUp(step.hours / 24);
    if (step.command && state) await take(step.command(state, now));
    await catchUp(step.hours / 24);
  }
  return state;
}
