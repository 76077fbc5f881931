import { nextPeriod, periodAt } from './calendar.ts';
import { decided, type Charge, type Decision } from './decision.ts';
import { due, type Due } from './due.ts';
import { finalInstant, isHardDecline, nextRetry } from './dunning.ts';
import type { DomainEvent } from './events.ts';
import { evolve } from './evolve.ts';
import { changeBy, hasSameCadence, periodBill, periodPaid, unusedCredit } from './invoice.ts';
import { dunningOf } from './policy.ts';
import type { ChargeResult, Invoice } from './provider.ts';
import { authenticationId } from './routes.ts';
import type { PastDue, State } from './state.ts';
import { isDue, type Instant } from './time.ts';

/** The same charge is made once, however often it is asked for; another attempt is another charge. */
export const chargeKey = (
  subscription: string,
  { invoice, attempt }: Pick<Charge, 'invoice' | 'attempt'>,
): string => `${subscription}:${invoice}:${attempt}`;

/** The charge that is due by `now`, if that is what is due next. */
export function chargeDue(state: State, now: Instant): Charge | undefined {
  const next = state.collection === 'self' ? due(state, now) : undefined;
  if (next === undefined || !isDue(next.at, now)) return undefined;
  const effect = collect(state, next).effects.find(({ type }) => type === 'charge');
  return effect?.type === 'charge' ? effect.charge : undefined;
}

/** Self mode: what to do at a due instant. */
export function collect(state: State, { type, at }: Due): Decision {
  switch (type) {
    case 'trial_end':
      return charge(state, { at, invoice: at, attempt: 1 });
    case 'renewal':
      return renew(state, at);
    case 'dunning_retry':
      return retry(state, at);
    case 'dunning_end':
      return state.status === 'past_due' ? decided(finalAction(state, at)) : decided();
    case 'pause': {
      if (state.status !== 'active') return decided();
      const { period, anchor, pausing } = state;
      const until = pausing?.until;
      return decided([{ type: 'paused', at, period, anchor, ...(until && { until }) }]);
    }
    case 'resume':
      return resume(state, at);
    case 'cancel':
      return decided([{ ...END, at, endedAt: at, cause: 'requested' }]);
    case 'incomplete_expiry':
      return decided([
        { ...END, status: 'incomplete_expired', at, endedAt: at, cause: 'payment_failed' },
      ]);
    case 'trial_reminder':
    case 'renewal_reminder':
    case 'dunning_reminder':
    case 'final_notice':
    case 'card_expiring':
    case 'win_back':
    case 'grace_end':
    case 'plan_change':
    case 'reconcile':
      return decided();
    default:
      return type satisfies never;
  }
}

/** A change of plan that waits for the renewal takes effect first. */
function renew(state: State, at: Instant): Decision {
  const events: DomainEvent[] = [];
  if (state.change) {
    const { plan, quantity } = state.change;
    // Another cadence is counted from here on, or the first period would be cut to the old boundaries.
    const isMoved = !hasSameCadence(state.plan, plan);
    events.push({ type: 'plan_changed', at, plan, quantity, ...(isMoved && { anchor: at }) });
  }
  return after(state, events, (next) => charge(next, { at, invoice: at, attempt: 1 }));
}

/** The end of a pause that was set beforehand: a period begins, and is then collected like any other. */
function resume(state: State, at: Instant): Decision {
  if (state.status !== 'paused') return decided();
  const balance = (state.balance ?? 0) + unusedCredit(state);
  const period = periodAt(at, (changeBy(state, at) ?? state).plan, at, state.zone);
  const resumed: DomainEvent = { type: 'resumed', at, period, anchor: at, balance };
  return after(state, [...overdueChange(state, at), resumed], (next) =>
    charge(next, { at, invoice: at, attempt: 1 }),
  );
}

/** A change of plan that a pause has kept from its renewal takes effect with the end of the pause. */
export function overdueChange(state: State, at: Instant): DomainEvent[] {
  const change = changeBy(state, at);
  if (change === undefined) return [];
  const { plan, quantity } = change;
  return [{ type: 'plan_changed', at, plan, quantity }];
}

/** One more try at the open invoice, if there is one. */
export function retry(state: State, at: Instant): Decision {
  return state.status === 'past_due' || state.status === 'incomplete' || state.status === 'unpaid'
    ? charge(state, { at, invoice: state.period.start, attempt: state.attempt + 1 })
    : decided();
}

/** A first try, or the next one; what costs nothing is settled without one. */
export function charge(state: State, wanted: Omit<Charge, 'amount'>): Decision {
  const { amount, balance } = periodBill(state);
  if (amount.amount > 0) {
    return decided([], { effects: [{ type: 'charge', charge: { ...wanted, amount } }] });
  }
  const { at } = wanted;
  const isFree = balance === (state.balance ?? 0);
  const settled: DomainEvent[] = isFree ? [] : [{ type: 'balance_changed', at, balance }];
  return decided([...settled, ...begun(state, wanted)]);
}

/** What the answer to a charge means. */
export function charged(state: State, of: Charge, result: ChargeResult): Decision {
  switch (result.outcome) {
    case 'paid': {
      const { earlier } = result;
      return decided(paid(state, of, result), {
        ...(earlier !== undefined && { dealtWith: authenticationId(earlier) }),
      });
    }
    case 'action_required':
      return of.purchase
        ? declined(state, of, 'authentication_required')
        : confirming(state, of, result.payment);
    case 'no_payment_method':
    case 'declined': {
      const code = 'code' in result ? result.code : result.outcome;
      return code === TOO_LITTLE ? decided(owing(state, of)) : declined(state, of, code);
    }
    default:
      return result satisfies never;
  }
}

/** The least that a card is charged differs by currency, and is the provider's to know. */
const TOO_LITTLE = 'amount_too_small';

/** What is too little to charge by itself is as good as paid, and added to the next invoice. */
const owing = (state: State, of: Charge): DomainEvent[] => [
  ...(of.purchase?.events ?? begun(state, of)),
  { type: 'balance_changed', at: of.at, balance: 0 - of.amount.amount },
];

function paid(
  state: State,
  of: Charge,
  { amount = of.amount, card }: Extract<ChargeResult, { outcome: 'paid' }>,
): DomainEvent[] {
  const { at, purchase } = of;
  const invoice = { id: of.invoice, amount };
  return [
    { type: 'payment_succeeded', at, invoice, ...(!purchase && left(state)) },
    ...(card ? [{ type: 'card_updated' as const, at, card }] : []),
    ...(purchase ? purchase.events : begun(state, of)),
  ];
}

/** What we still owe, or are owed, once the invoice of the period is paid. */
const left = (state: State): { balance?: number } =>
  state.balance === undefined ? {} : { balance: periodBill(state).balance };

function declined(state: State, of: Charge, code: string): Decision {
  const { at, attempt, purchase } = of;
  if (purchase) {
    const reason = `The payment was declined (${code}), so everything stays as it was.`;
    const { eventId } = purchase.command;
    return decided([{ type: 'ignored', at, eventId, reason }], { refused: { reason } });
  }
  if (code === 'no_payment_method' && state.status === 'trialing') {
    return decided([withoutPaymentMethod(state, at)]);
  }
  const isHard = isHardDecline(code);
  const invoice = { id: of.invoice, amount: of.amount };
  const failed: DomainEvent = {
    type: 'payment_failed',
    at,
    invoice,
    attempt,
    code,
    ...(isHard && { isHard }),
  };
  return failing(state, of, failed);
}

/** The customer has to confirm the payment: until then it is as good as declined, and the next try replaces it. */
function confirming(state: State, of: Charge, payment: string): Decision {
  const invoice: Invoice = { id: of.invoice, amount: of.amount };
  const { at, attempt } = of;
  const required: DomainEvent = { type: 'payment_action_required', at, invoice, attempt };
  const wait = { type: 'await_authentication' as const, charge: of, payment };
  const decision = failing(state, of, required);
  return { ...decision, effects: [wait, ...decision.effects] };
}

/** An invoice stays open: what becomes of the subscription until it is paid, or because it was the last try. */
function failing(state: State, of: Charge, failed: DomainEvent): Decision {
  const { at } = of;
  switch (state.status) {
    case 'incomplete':
    case 'unpaid':
      return decided([failed]);
    case 'past_due':
      return after(state, [failed], (next) => decided(lastAction(next, at)));
    case 'trialing':
    case 'active':
    case 'paused':
    case 'canceled':
    case 'incomplete_expired':
      return after(state, [{ type: 'past_due', at, ...paidFor(state, of) }, failed], (next) =>
        decided(lastAction(next, at)),
      );
    default:
      return state satisfies never;
  }
}

/** What follows when there is no further try; a hard decline leaves the customer the whole time to find another card. */
function lastAction(state: State, at: Instant): DomainEvent[] {
  if (state.status !== 'past_due' || state.isHard || nextRetry(state, at) !== undefined) return [];
  // The customer may still confirm this one.
  if (!isDue(finalInstant(state), at)) return [];
  return finalAction(state, at);
}

function finalAction({ policy, period, anchor }: PastDue, at: Instant): DomainEvent[] {
  const { finalAction: action } = dunningOf(policy);
  switch (action) {
    case 'cancel':
      return [{ ...END, at, endedAt: at, cause: 'payment_failed' }];
    case 'unpaid':
      return [{ type: 'unpaid', at, period, anchor }];
    case 'past_due':
      return [];
    default:
      return action satisfies never;
  }
}

function withoutPaymentMethod(
  state: Extract<State, { status: 'trialing' }>,
  at: Instant,
): DomainEvent {
  const { trial, policy } = state;
  const cause = 'no_payment_method';
  return policy?.trialWithoutPaymentMethod === 'pause'
    ? { type: 'paused', at, period: trial, anchor: trial.end, cause }
    : { ...END, at, endedAt: at, cause };
}

const END = { type: 'ended', status: 'canceled' } as const;

/** What the payment of `of` begins: the first period, the next one, or the open one. */
function begun(state: State, of: Omit<Charge, 'amount'>): DomainEvent[] {
  const { at } = of;
  switch (state.status) {
    case 'active': {
      const { period } = paidFor(state, of);
      return period.start === state.period.start ? [] : [{ type: 'renewed', at, period }];
    }
    case 'past_due':
    case 'unpaid':
    case 'incomplete':
      return [{ type: 'activated', at, ...periodPaid(state, at) }];
    case 'trialing':
    case 'paused':
    case 'canceled':
    case 'incomplete_expired':
      return [{ type: 'activated', at, ...paidFor(state, of) }];
    default:
      return state satisfies never;
  }
}

/** The payment of the open invoice by other ways than our own charge; nothing when none is open. */
export const settled = (state: State, invoice: Invoice, at: Instant): DomainEvent[] =>
  state.status === 'past_due' || state.status === 'incomplete' || state.status === 'unpaid'
    ? [
        { type: 'payment_succeeded', at, invoice, ...left(state) },
        ...begun(state, { at, invoice: state.period.start, attempt: state.attempt }),
      ]
    : [];

function paidFor(state: State, { invoice }: Pick<Charge, 'invoice'>) {
  const anchor = 'anchor' in state ? state.anchor : invoice;
  return { anchor, period: nextPeriod(anchor, state.plan, invoice, state.zone) };
}

/** Events, and what follows from the state after them. */
function after(state: State, events: DomainEvent[], follow: (next: State) => Decision): Decision {
  const { events: more, ...rest } = follow(events.reduce<State>(evolve, state));
  return { ...rest, events: [...events, ...more] };
}
