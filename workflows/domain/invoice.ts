import { periodAt, type Period } from './calendar.ts';
import { prorate } from './prorate.ts';
import type { Active, Billed, Money, Paused, Plan, State } from './state.ts';
import { isDue, type Instant } from './time.ts';

/** Less than this, in minor units, no provider charges: it is added to the next invoice. */
const LEAST_CHARGE = 50;

/** What one period costs. */
export const priceOf = ({ plan, quantity }: Pick<State, 'plan' | 'quantity'>): Money => ({
  amount: plan.price.amount * quantity,
  currency: plan.price.currency,
});

/** What is to be paid, and what we owe the customer afterwards. */
export interface Bill {
  amount: Money;
  balance: number;
}

/** What a period, or a part of one, comes to once the balance is taken off. */
function bill(state: Pick<State, 'plan' | 'balance'>, cost: number): Bill {
  const due = cost - (state.balance ?? 0);
  const isCharged = due >= LEAST_CHARGE;
  return {
    amount: { amount: isCharged ? due : 0, currency: state.plan.price.currency },
    balance: isCharged ? 0 : 0 - due,
  };
}

/** The bill of one whole period. */
export const periodBill = (state: State): Bill => bill(state, priceOf(state).amount);

/** A bill, and where the period stands that it pays for. */
export interface Quote extends Bill {
  period: Period;
  anchor: Instant;
}

/** What is known of a subscription to which a change of plan can be quoted. */
export type Quotable = Pick<Active, 'plan' | 'quantity' | 'balance' | 'zone' | 'period' | 'anchor'>;

/**
 * Another plan or quantity from `at` on: what is left of the old one is credited. Plans of the same cadence keep the period
 * and pay for the rest of it; of another cadence, a whole period begins.
 */
export function quoteChange(
  state: Quotable,
  { plan, quantity }: { plan: Plan; quantity: number },
  at: Instant,
): Quote {
  const credit = prorate(priceOf(state).amount, state.period, at);
  const next = { plan, balance: (state.balance ?? 0) + credit };
  const price = priceOf({ plan, quantity }).amount;
  if (hasSameCadence(state.plan, plan)) {
    const { period, anchor } = state;
    return { ...bill(next, prorate(price, period, at)), period, anchor };
  }
  return { ...bill(next, price), period: periodAt(at, plan, at, state.zone), anchor: at };
}

/** Whether a trial ran out into the pause, so that its period is the trial. */
export const isPausedTrial = ({ trial, period }: Paused): boolean => trial?.end === period.end;

/** Time that was paid for and is paused, in minor units; who was paused at the end of a trial has paid for nothing. */
export const unusedCredit = (state: Paused): number =>
  isPausedTrial(state) ? 0 : prorate(priceOf(state).amount, state.period, state.since);

/**
 * The end of a pause at `at`: time that was paid for and paused is credited. A period begins at `at`, or the old boundaries
 * are kept and the rest of the one at hand is paid for.
 */
export function quoteResumption(state: Paused, anchor: 'now' | 'unchanged', at: Instant): Quote {
  const { plan, period, zone } = state;
  const price = priceOf(state).amount;
  const next = { plan, balance: (state.balance ?? 0) + unusedCredit(state) };
  if (anchor === 'now') {
    return { ...bill(next, price), period: periodAt(at, plan, at, zone), anchor: at };
  }
  const rest = isDue(period.end, at) ? periodAt(state.anchor, plan, at, zone) : period;
  return { ...bill(next, prorate(price, rest, at)), period: rest, anchor: state.anchor };
}

/**
 * What the payment of the open invoice at `at` pays for: the period that it was for, or, when that is over, one that begins
 * now, as there was little use in the old one.
 */
export function periodPaid(
  { period, anchor, plan, zone }: Billed,
  at: Instant,
): { period: Period; anchor: Instant } {
  return isDue(period.end, at)
    ? { period: periodAt(at, plan, at, zone), anchor: at }
    : { period, anchor };
}

export const hasSameCadence = (a: Plan, b: Plan): boolean =>
  a.interval === b.interval && (a.intervalCount ?? 1) === (b.intervalCount ?? 1);
