import type { Plan } from './decision.ts';
import { confirmationEnd } from './dunning.ts';
import type { DomainEvent } from './events.ts';
import { remember } from './fingerprint.ts';
import { hasEnded, type Common, type Ended, type State } from './state.ts';
import { toMs } from './time.ts';

const PAID_KEPT = 3;

type First = Extract<
  DomainEvent['type'],
  'trial_started' | 'subscription_started' | 'found_ended' | 'imported'
>;

/** The state after `event`. The first event of a subscription brings its state along. */
export function evolve(state: State | undefined, event: DomainEvent): State {
  if (isFirst(event)) return event.subscription;
  if (state === undefined)
    throw new TypeError(`${event.type} cannot be a subscription's first event`);
  return next(state, event);
}

const isFirst = (event: DomainEvent): event is Extract<DomainEvent, { type: First }> =>
  event.type === 'trial_started' ||
  event.type === 'subscription_started' ||
  event.type === 'found_ended' ||
  event.type === 'imported';

function next(state: State, event: Exclude<DomainEvent, { type: First }>): State {
  switch (event.type) {
    case 'trial_reminder_due':
      return state.status === 'trialing' ? { ...state, reminded: event.at } : state;
    case 'trial_changed':
      return {
        ...common(state),
        status: 'trialing',
        trial: event.trial,
        converting: true,
        ...(state.status === 'trialing' && { reminded: state.reminded }),
      };
    case 'activated':
    case 'resumed': {
      const { period, anchor } = event;
      const { trial } = state;
      return {
        ...common(state),
        status: 'active',
        period,
        anchor,
        ...('balance' in event && owed(event.balance)),
        // What waits for the end of the period waits for the end of this one.
        ...(state.change && { change: { ...state.change, at: period.end } }),
        // A trial that somebody has ended early.
        ...(state.status === 'trialing' &&
          trial &&
          toMs(anchor) < toMs(trial.end) && { trial: { ...trial, end: anchor } }),
      };
    }
    case 'renewed': {
      if (!('anchor' in state)) return state;
      const { period, anchor = state.anchor } = event;
      return { ...state, period, anchor, asked: undefined };
    }
    case 'renewal_reminder_due':
      return state.status === 'active' ? { ...state, announced: event.renewsAt } : state;
    case 'payment_succeeded':
      return {
        ...state,
        converting: undefined,
        ...(event.balance !== undefined && owed(event.balance)),
        ...(state.collection === 'provider' && {
          paid: remember(state.paid ?? [], event.invoice.id).slice(-PAID_KEPT),
        }),
      };
    case 'balance_changed':
      return { ...state, ...owed(event.balance) };
    case 'payment_failed':
    case 'payment_action_required':
      return failed(state, event);
    case 'past_due':
      return {
        ...common(state),
        status: 'past_due',
        since: event.at,
        attempt: 1,
        isConversion: state.converting,
        period: event.period,
        anchor: event.anchor,
      };
    case 'dunning_reminder_due':
    case 'final_notice_due':
      return state.status === 'past_due' ? { ...state, reminded: event.at } : state;
    case 'incomplete':
      return {
        ...common(state),
        status: 'incomplete',
        since: event.at,
        attempt: 1,
        period: event.period,
        anchor: event.anchor,
      };
    case 'unpaid': {
      const { at: since, period, anchor } = event;
      const attempt = 'attempt' in state ? state.attempt : 1;
      const isConversion = state.status === 'past_due' ? state.isConversion : state.converting;
      return { ...common(state), status: 'unpaid', since, attempt, isConversion, period, anchor };
    }
    case 'access_revoked':
      return state.status === 'past_due' ? { ...state, revoked: true } : state;
    case 'pause_scheduled':
      return { ...state, pausing: { at: event.pauseAt, until: event.until } };
    case 'paused': {
      const { at: since, period, anchor, until } = event;
      return {
        ...common(state),
        status: 'paused',
        since,
        until,
        period,
        anchor,
        pausing: undefined,
      };
    }
    case 'cancellation_scheduled':
      return { ...state, cancel: { at: event.cancelAt, reason: event.reason }, asked: undefined };
    case 'cancellation_reversed':
      return { ...state, cancel: undefined, asked: undefined };
    case 'ended':
      return ended(state, event);
    case 'win_back_due':
      return hasEnded(state) ? { ...state, wooed: event.at } : state;
    case 'win_back_dropped':
      return hasEnded(state) ? { ...state, cause: undefined } : state;
    case 'plan_change_scheduled': {
      const { plan, quantity, changeAt: at } = event;
      return { ...state, change: { plan, quantity, at } };
    }
    case 'plan_changed':
      return planChanged(state, event);
    case 'schedule_cancelled':
      return without(state, event.what);
    case 'customer_updated':
      return {
        ...state,
        customer: event.customer,
        addressSeen: event.addressSeen ?? state.addressSeen,
      };
    case 'payment_method_updated':
      return {
        ...state,
        paymentMethod: event.paymentMethod,
        card: event.card,
        ...(state.status === 'past_due' && { isHard: undefined }),
      };
    case 'card_updated':
      return { ...state, card: event.card };
    case 'card_expiry_due':
      return { ...state, cardAnnounced: event.card.expires };
    case 'unsubscribed':
      return { ...state, customer: { ...state.customer, marketing: false } };
    case 'erased':
      return { ...state, customer: { id: state.customer.id }, addressSeen: undefined };
    case 'test_clock_attached':
      return { ...state, testClock: event.clock };
    case 'provider_asked':
      return { ...state, asked: (state.asked ?? 0) + 1 };
    case 'trial_skipped':
    case 'email_resent':
    case 'email_feedback':
    case 'ignored':
      return state;
    default:
      return event satisfies never;
  }
}

type Failed = Extract<DomainEvent, { type: 'payment_failed' | 'payment_action_required' }>;

function failed(state: State, event: Failed): State {
  const { at, attempt } = event;
  switch (state.status) {
    case 'past_due': {
      const isHard = (event.type === 'payment_failed' && event.isHard) || undefined;
      const isOpen = event.type === 'payment_action_required' && state.collection === 'self';
      const confirmBy = isOpen ? confirmationEnd(at) : undefined;
      return { ...state, attempt: attempt ?? state.attempt, triedAt: at, isHard, confirmBy };
    }
    case 'incomplete':
    case 'unpaid':
      return { ...state, attempt: attempt ?? state.attempt };
    case 'trialing':
    case 'active':
    case 'paused':
    case 'canceled':
    case 'incomplete_expired':
      return state;
    default:
      return state satisfies never;
  }
}

function planChanged(
  state: State,
  { at, plan, quantity, period, anchor, balance }: Extract<DomainEvent, { type: 'plan_changed' }>,
): State {
  return {
    ...state,
    plan,
    quantity,
    change: undefined,
    ...(state.status === 'active' && { changedAt: at }),
    ...(balance !== undefined && owed(balance)),
    ...('anchor' in state && {
      period: period ?? state.period,
      anchor: anchor ?? state.anchor,
    }),
  };
}

function without(state: State, what: Plan): State {
  switch (what) {
    case 'pause':
      return { ...state, pausing: undefined };
    case 'plan_change':
      return { ...state, change: undefined };
    case 'resume':
      return state.status === 'paused' ? { ...state, until: undefined } : state;
    default:
      return what satisfies never;
  }
}

/** Nothing owed is nothing carried. */
const owed = (balance: number | undefined): { balance?: number | undefined } => ({
  balance: balance || undefined,
});

/** What was still to come does not. */
function ended(state: State, event: Extract<DomainEvent, { type: 'ended' }>): Ended {
  return {
    ...common(state),
    change: undefined,
    pausing: undefined,
    status: event.status,
    endedAt: event.endedAt,
    cause: event.cause,
    period: 'period' in state ? state.period : undefined,
  };
}

/** What stays when the status changes; what belonged to the old one goes, as does a question about it. */
function common(state: State): Common {
  const { id, customer, plan, quantity, collection, livemode, seen, version } = state;
  const { policy, paymentMethod, testClock, trial, converting, cancel, asOf, ahead } = state;
  const { addressSeen, card, cardAnnounced, zone, balance, change, pausing } = state;
  const { customerAsOf, paidAsOf, paid, apiVersion } = state;
  return {
    id,
    customer,
    plan,
    quantity,
    collection,
    livemode,
    seen,
    version,
    policy,
    paymentMethod,
    card,
    cardAnnounced,
    zone,
    balance,
    testClock,
    trial,
    converting,
    cancel,
    change,
    pausing,
    asOf,
    ahead,
    addressSeen,
    customerAsOf,
    paidAsOf,
    paid,
    apiVersion,
  };
}
