import { periodAt, type Period } from './calendar.ts';
import { decided, type Charge, type Decision } from './decision.ts';
import { due, type Due } from './due.ts';
import { nextRetry } from './dunning.ts';
import type { DomainEvent } from './events.ts';
import type { ChargeResult } from './provider.ts';
import type { Money, State } from './state.ts';
import { isDue, type Instant } from './time.ts';

/** What one period costs. */
export const priceOf = ({ plan, quantity }: State): Money => ({
  amount: plan.price.amount * quantity,
  currency: plan.price.currency,
});

/** The same charge is made once, however often it is asked for; another attempt is another charge. */
export const chargeKey = (subscription: string, { invoice, attempt }: Charge): string =>
  `${subscription}:${invoice}:${attempt}`;

/** The charge that is due by `now`, if that is what is due next. */
export function chargeDue(state: State, now: Instant): Charge | undefined {
  const next = state.collection === 'self' ? due(state, now) : undefined;
  if (next === undefined || !isDue(next.at, now)) return undefined;
  const [effect] = collect(state, next).effects;
  return effect?.type === 'charge' ? effect.charge : undefined;
}

/** Self mode: what to do at a due instant. */
export function collect(state: State, { type, at }: Due): Decision {
  switch (type) {
    case 'trial_end':
    case 'renewal':
      return charge(state, { at, invoice: at, attempt: 1 });
    case 'dunning_retry':
      return retry(state, at);
    case 'cancel':
      return decided([{ ...END, at, endedAt: at, cause: 'requested' }]);
    case 'incomplete_expiry':
      return decided([
        { ...END, status: 'incomplete_expired', at, endedAt: at, cause: 'payment_failed' },
      ]);
    case 'trial_reminder':
    case 'grace_end':
    case 'reconcile':
      return decided();
    default:
      return type satisfies never;
  }
}

/** One more try at the open invoice, if there is one. */
export function retry(state: State, at: Instant): Decision {
  return state.status === 'past_due' || state.status === 'incomplete'
    ? charge(state, { at, invoice: state.period.start, attempt: state.attempt + 1 })
    : decided();
}

/** A first try, or the next one; what costs nothing is settled without one. */
export function charge(state: State, wanted: Charge): Decision {
  return priceOf(state).amount === 0
    ? decided(begun(state, wanted))
    : decided([], { effects: [{ type: 'charge', charge: wanted }] });
}

/** What the answer to a charge means. */
export function charged(state: State, of: Charge, result: ChargeResult): Decision {
  const { at, invoice: id, attempt } = of;
  const invoice = { id, amount: priceOf(state) };
  if (result.outcome === 'paid') {
    return decided([{ type: 'payment_succeeded', at, invoice }, ...begun(state, of)]);
  }
  if (result.outcome === 'no_payment_method' && state.status === 'trialing') {
    return decided([{ ...END, at, endedAt: at, cause: 'no_payment_method' }]);
  }
  const code = result.outcome === 'declined' ? result.code : result.outcome;
  const failed: DomainEvent = { type: 'payment_failed', at, invoice, attempt, code };
  switch (state.status) {
    case 'past_due':
      return nextRetry(state.since, attempt) === undefined
        ? decided([failed, { ...END, at, endedAt: at, cause: 'payment_failed' }])
        : decided([failed]);
    case 'incomplete':
      return decided([failed]);
    default:
      return decided([{ type: 'past_due', at, ...paidFor(state, of) }, failed]);
  }
}

const END = { type: 'ended', status: 'canceled' } as const;

/** What the payment of `of` begins: the first period, the next one, or the open one. */
function begun(state: State, of: Charge): DomainEvent[] {
  const { at } = of;
  const { period, anchor } = paidFor(state, of);
  return state.status === 'active'
    ? [{ type: 'renewed', at, period }]
    : [{ type: 'activated', at, period, anchor }];
}

function paidFor(state: State, { invoice }: Charge): { period: Period; anchor: Instant } {
  const anchor = 'anchor' in state ? state.anchor : invoice;
  return { anchor, period: periodAt(anchor, state.plan, invoice) };
}
