import type { DomainEvent } from './events.ts';
import { fingerprint } from './fingerprint.ts';
import type { ProviderSubscription } from './provider.ts';
import type { Billed, Common, EndCause, State } from './state.ts';
import { fromUnix, toMs, type Instant } from './time.ts';

/** The state that the provider's view stands for, for a subscription that was not known here. */
export function adopt(seen: ProviderSubscription, now: Instant): State {
  const common = commonOf(seen);
  const billed: Billed = { ...common, anchor: seen.anchor, period: seen.period };
  switch (seen.status) {
    case 'trialing': {
      const trial = seen.trial ?? seen.period;
      return { ...common, status: 'trialing', trial, converting: true };
    }
    case 'active':
      return { ...billed, status: 'active', converting: startsPaying(seen) || undefined };
    case 'past_due':
      return {
        ...billed,
        status: 'past_due',
        since: now,
        attempt: 1,
        converting: startsPaying(seen) || undefined,
        isConversion: startsPaying(seen) || undefined,
      };
    case 'incomplete':
      return { ...billed, status: 'incomplete', since: seen.createdAt, attempt: 1 };
    case 'unpaid':
      return {
        ...billed,
        status: 'unpaid',
        since: now,
        attempt: 1,
        converting: startsPaying(seen) || undefined,
        isConversion: startsPaying(seen) || undefined,
      };
    case 'paused':
      return { ...billed, status: 'paused', since: now };
    case 'canceled':
    case 'incomplete_expired':
      return {
        ...common,
        status: seen.status,
        endedAt: seen.endedAt ?? now,
        period: seen.period,
      };
    default:
      return seen.status satisfies never;
  }
}

/** The first period after a trial: its payment is the conversion. */
const startsPaying = ({ trial, period }: ProviderSubscription): boolean =>
  trial !== undefined && toMs(trial.end) === toMs(period.start);

function commonOf(seen: ProviderSubscription): Common {
  const { id, customer, plan, quantity, livemode, paymentMethod, trial, cancelAt } = seen;
  return {
    id,
    customer,
    plan,
    quantity,
    livemode,
    paymentMethod,
    trial,
    collection: 'provider',
    cancel: cancelAt === undefined ? undefined : { at: cancelAt, reason: wordsOf(seen) },
    addressSeen: addressIn(seen),
    seen: [],
    version: 0,
  };
}

/** What must have happened for `state` to become what the provider sees now. */
export function follow(state: State, seen: ProviderSubscription, now: Instant): DomainEvent[] {
  return [...detailsFollowed(state, seen, now), ...statusFollowed(state, seen, now)];
}

function statusFollowed(state: State, seen: ProviderSubscription, now: Instant): DomainEvent[] {
  const { period, anchor, status } = seen;
  const at = now;
  const sameStatus = state.status === status;
  switch (status) {
    case 'trialing': {
      const trial = seen.trial ?? period;
      return sameStatus && same(state.trial, trial) ? [] : [{ type: 'trial_changed', at, trial }];
    }
    case 'active': {
      if (sameStatus) return renewed(state, seen, at);
      const type = state.status === 'paused' ? 'resumed' : 'activated';
      return [{ type, at, period, anchor }];
    }
    case 'past_due':
      return sameStatus ? renewed(state, seen, at) : [{ type: 'past_due', at, period, anchor }];
    case 'incomplete':
      return sameStatus ? renewed(state, seen, at) : [{ type: 'incomplete', at, period, anchor }];
    case 'unpaid':
      return sameStatus ? renewed(state, seen, at) : [{ type: 'unpaid', at, period, anchor }];
    case 'paused': {
      if (sameStatus) return renewed(state, seen, at);
      const ranOut = state.status === 'trialing' && seen.paymentMethod === undefined;
      const cause = ranOut ? { cause: 'no_payment_method' as const } : {};
      return [{ type: 'paused', at, period, anchor, ...cause }];
    }
    case 'canceled':
    case 'incomplete_expired': {
      const endedAt = seen.endedAt ?? now;
      const cause = causeOf(state, seen);
      const reason = wordsOf(seen);
      return [{ type: 'ended', at, status, endedAt, cause, ...(reason && { reason }) }];
    }
    default:
      return status satisfies never;
  }
}

function renewed(
  state: State,
  { period, anchor }: ProviderSubscription,
  at: Instant,
): DomainEvent[] {
  if (!('anchor' in state) || same(state.period, period)) return [];
  return [{ type: 'renewed', at, period, ...(anchor !== state.anchor && { anchor }) }];
}

/** Everything that may change while the status stays, or along with it. */
function detailsFollowed(state: State, seen: ProviderSubscription, at: Instant): DomainEvent[] {
  const events: DomainEvent[] = [];
  const { plan, quantity, paymentMethod, cancelAt } = seen;
  const reason = wordsOf(seen);
  if (!same(state.plan, plan) || state.quantity !== quantity) {
    events.push({ type: 'plan_changed', at, plan, quantity });
  }
  if (state.paymentMethod !== paymentMethod) {
    events.push({ type: 'payment_method_updated', at, ...(paymentMethod && { paymentMethod }) });
  }
  const { email } = seen.customer;
  const addressSeen = addressIn(seen);
  // A view repeats the address of long ago in its metadata, after the customer has told us a newer one.
  if (email !== undefined && addressSeen !== state.addressSeen) {
    const customer = { ...state.customer, ...seen.customer };
    events.push({ type: 'customer_updated', at, customer, addressSeen });
  }
  const ends = seen.status === 'canceled' || seen.status === 'incomplete_expired';
  if (!ends && cancelAt !== state.cancel?.at) {
    events.push(
      cancelAt === undefined
        ? { type: 'cancellation_reversed', at }
        : { type: 'cancellation_scheduled', at, cancelAt, ...(reason && { reason }) },
    );
  }
  return events;
}

/** Why it is cancelled, rather as somebody said it than by Stripe's name for it. */
const wordsOf = ({ cancelComment, cancelReason }: ProviderSubscription): string | undefined =>
  cancelComment ?? cancelReason;

/** Stripe says why in `cancellation_details.reason`, except when a trial ran out without a payment method. */
function causeOf(state: State, seen: ProviderSubscription): EndCause {
  if (seen.cancelReason === 'payment_failed') return 'payment_failed';
  if (state.cancel !== undefined || seen.cancelReason === 'cancellation_requested') {
    return 'requested';
  }
  if (state.status === 'trialing' && seen.paymentMethod === undefined && trialRanOut(seen)) {
    return 'no_payment_method';
  }
  return 'provider';
}

const trialRanOut = ({ trial, endedAt }: ProviderSubscription): boolean =>
  trial !== undefined && endedAt !== undefined && toMs(endedAt) >= toMs(trial.end);

const addressIn = ({ customer }: ProviderSubscription): string | undefined =>
  customer.email === undefined ? undefined : fingerprint(customer.email);

/** Whether two views of a subscription say the same; the customer's details and payments come from elsewhere. */
export const isSameView = (a: ProviderSubscription, b: ProviderSubscription): boolean =>
  same(
    { ...a, customer: a.customer.id, paid: undefined },
    { ...b, customer: b.customer.id, paid: undefined },
  );

const same = (a: object | undefined, b: object | undefined): boolean =>
  JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));

/** The same data always in the same order; absent and undefined are the same. */
function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => [key, canonical(field)]);
}

/** Whether an event of `created` (Unix seconds) is about the beginning of what began at `createdAt`. */
export const isNewborn = (created: number, createdAt: Instant): boolean =>
  toMs(fromUnix(created)) - toMs(createdAt) <= 86_400_000;
