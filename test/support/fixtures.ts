import type { Command } from '../../workflows/domain/commands.ts';
import type { ProviderSubscription } from '../../workflows/domain/provider.ts';
import type {
  Active,
  Ended,
  Incomplete,
  PastDue,
  Paused,
  State,
  Status,
  Trialing,
  Unpaid,
} from '../../workflows/domain/state.ts';
import { addDays, toMs, type Instant } from '../../workflows/domain/time.ts';

/** When every test's trial begins; its trial of 14 days ends on {@link TRIAL_END}. */
export const T0 = '2026-11-20T10:00:00.000Z';
export const TRIAL_END = '2026-12-04T10:00:00.000Z';
export const FIRST_PERIOD = { start: TRIAL_END, end: '2027-01-04T10:00:00.000Z' };

export const day = (days: number): Instant => addDays(T0, days);
export const unix = (instant: Instant): number => Math.floor(toMs(instant) / 1000);

const common = {
  id: 'sub_1',
  customer: { id: 'cus_1', email: 'ada@example.com', name: 'Ada', locale: 'en' },
  plan: { id: 'pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' as const },
  quantity: 1,
  livemode: false,
  seen: [],
  version: 1,
};

export const trialing = (more: Partial<Trialing> = {}): Trialing => ({
  ...common,
  collection: 'self',
  status: 'trialing',
  trial: { start: T0, end: TRIAL_END },
  converting: true,
  paymentMethod: 'pm_card_visa',
  ...more,
});

export const active = (more: Partial<Active> = {}): Active => ({
  ...common,
  collection: 'self',
  status: 'active',
  trial: { start: T0, end: TRIAL_END },
  anchor: TRIAL_END,
  period: FIRST_PERIOD,
  paymentMethod: 'pm_card_visa',
  ...more,
});

export const pastDue = (more: Partial<PastDue> = {}): PastDue => ({
  ...common,
  collection: 'self',
  status: 'past_due',
  anchor: TRIAL_END,
  period: { start: FIRST_PERIOD.end, end: '2027-02-04T10:00:00.000Z' },
  since: FIRST_PERIOD.end,
  attempt: 1,
  paymentMethod: 'pm_card_visa',
  ...more,
});

export const incomplete = (more: Partial<Incomplete> = {}): Incomplete => ({
  ...common,
  collection: 'self',
  status: 'incomplete',
  anchor: FIRST_PERIOD.start,
  period: FIRST_PERIOD,
  since: FIRST_PERIOD.start,
  attempt: 1,
  paymentMethod: 'pm_card_visa',
  ...more,
});

export const unpaid = (more: Partial<Unpaid> = {}): Unpaid => ({
  ...common,
  collection: 'self',
  status: 'unpaid',
  anchor: TRIAL_END,
  period: { start: FIRST_PERIOD.end, end: '2027-02-04T10:00:00.000Z' },
  since: addDays(FIRST_PERIOD.end, 21),
  attempt: 5,
  paymentMethod: 'pm_card_visa',
  ...more,
});

export const paused = (more: Partial<Paused> = {}): Paused => ({
  ...common,
  collection: 'self',
  status: 'paused',
  anchor: TRIAL_END,
  period: FIRST_PERIOD,
  since: addDays(TRIAL_END, 5),
  paymentMethod: 'pm_card_visa',
  ...more,
});

export const ended = (more: Partial<Ended> = {}): Ended => ({
  ...common,
  collection: 'self',
  status: 'canceled',
  endedAt: TRIAL_END,
  ...more,
});

/** One subscription in each status. */
export const IN_STATUS: { [S in Status]: Extract<State, { status: S }> | Ended } = {
  trialing: trialing(),
  active: active(),
  past_due: pastDue(),
  incomplete: incomplete(),
  unpaid: unpaid(),
  paused: paused(),
  canceled: ended(),
  incomplete_expired: ended({ status: 'incomplete_expired' }),
};

/** The message that begins a trial which we collect for ourselves. */
export const start = (more: Partial<Extract<Command, { type: 'start' }>> = {}): Command => ({
  type: 'start',
  eventId: 'evt_start',
  at: T0,
  customer: common.customer,
  plan: common.plan,
  quantity: 1,
  collection: 'self',
  livemode: false,
  trial: { start: T0, end: TRIAL_END },
  paymentMethod: 'pm_card_visa',
  ...more,
});

/** The provider's view of a subscription in its trial. */
export const seen = (more: Partial<ProviderSubscription> = {}): ProviderSubscription => ({
  id: 'sub_1',
  customer: common.customer,
  status: 'trialing',
  plan: common.plan,
  quantity: 1,
  livemode: false,
  createdAt: T0,
  anchor: TRIAL_END,
  period: { start: T0, end: TRIAL_END },
  trial: { start: T0, end: TRIAL_END },
  paymentMethod: 'pm_card_visa',
  ...more,
});

/** The provider's view that a state stands for. */
export function viewOf(state: State): ProviderSubscription {
  const { id, customer, status, plan, quantity, livemode, trial, cancel, paymentMethod } = state;
  const period = 'period' in state ? state.period : trial;
  return seen({
    id,
    customer,
    status,
    plan,
    quantity,
    livemode,
    trial,
    paymentMethod,
    ...('anchor' in state && { anchor: state.anchor }),
    ...(period && { period }),
    ...(cancel && { cancelAt: cancel.at }),
    ...('endedAt' in state && { endedAt: state.endedAt }),
  });
}

/** The provider's event that shows `subscription` at `created` (Unix seconds). */
export const observe = (
  created: number,
  subscription: ProviderSubscription,
  eventId = `evt_${created}_${subscription.status}`,
): Extract<Command, { type: 'observe' }> => ({ type: 'observe', eventId, created, subscription });
