import type { DomainEvent } from './events.ts';
import type { Common, Ended, State } from './state.ts';

type First = Extract<DomainEvent['type'], 'trial_started' | 'subscription_started' | 'found_ended'>;

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
  event.type === 'found_ended';

function next(state: State, event: Exclude<DomainEvent, { type: First }>): State {
  switch (event.type) {
    case 'trial_reminder_due':
      return state.status === 'trialing' ? { ...state, reminded: event.at } : state;
    case 'trial_changed':
      return { ...common(state), status: 'trialing', trial: event.trial, converting: true };
    case 'activated':
      return { ...common(state), status: 'active', period: event.period, anchor: event.anchor };
    case 'renewed':
      return 'anchor' in state ? { ...state, period: event.period, asked: undefined } : state;
    case 'payment_succeeded':
      return { ...state, converting: undefined };
    case 'payment_failed':
      return state.status === 'past_due' || state.status === 'incomplete'
        ? { ...state, attempt: event.attempt }
        : state;
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
    case 'incomplete':
      return {
        ...common(state),
        status: 'incomplete',
        since: event.at,
        attempt: 1,
        period: event.period,
        anchor: event.anchor,
      };
    case 'suspended': {
      const { status, period, anchor } = event;
      return { ...common(state), status, period, anchor };
    }
    case 'access_revoked':
      return state.status === 'past_due' ? { ...state, revoked: true } : state;
    case 'cancellation_scheduled':
      return { ...state, cancel: { at: event.cancelAt, reason: event.reason }, asked: undefined };
    case 'cancellation_reversed':
      return { ...state, cancel: undefined, asked: undefined };
    case 'ended':
      return ended(state, event);
    case 'plan_changed':
      return { ...state, plan: event.plan, quantity: event.quantity };
    case 'customer_updated':
      return {
        ...state,
        customer: event.customer,
        addressSeen: event.addressSeen ?? state.addressSeen,
      };
    case 'payment_method_updated':
      return { ...state, paymentMethod: event.paymentMethod };
    case 'test_clock_attached':
      return { ...state, testClock: event.clock };
    case 'provider_asked':
      return { ...state, asked: (state.asked ?? 0) + 1 };
    case 'ignored':
      return state;
    default:
      return event satisfies never;
  }
}

function ended(state: State, event: Extract<DomainEvent, { type: 'ended' }>): Ended {
  return {
    ...common(state),
    status: event.status,
    endedAt: event.endedAt,
    period: 'period' in state ? state.period : undefined,
  };
}

/** What stays when the status changes; a question about the old status is answered by that. */
function common(state: State): Common {
  const { id, customer, plan, quantity, collection, livemode, seen, version } = state;
  const { policy, paymentMethod, testClock, trial, converting, cancel, asOf, ahead } = state;
  const { addressSeen } = state;
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
    testClock,
    trial,
    converting,
    cancel,
    asOf,
    ahead,
    addressSeen,
  };
}
