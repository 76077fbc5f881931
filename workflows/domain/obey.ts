import { periodAt } from './calendar.ts';
import { overdueChange } from './collect.ts';
import type { Command } from './commands.ts';
import { decided, type Decision, type Plan, type ProviderRequest } from './decision.ts';
import type { DomainEvent } from './events.ts';
import { fingerprint } from './fingerprint.ts';
import { follow } from './follow.ts';
import { periodBill, quoteChange, quoteResumption, type Bill } from './invoice.ts';
import type { ProviderSubscription } from './provider.ts';
import { periodEndOf, trialEndOf } from './refuse.ts';
import type { CancelRequest, Request, ResumeRequest, UpdateContactRequest } from './requests.ts';
import type { Active, Customer, Paused, PlanChange, State, Trialing } from './state.ts';
import type { Instant } from './time.ts';

/** A request as it came, by its message. */
export type Asked = Command & Request;

/** What a request means that nothing speaks against. The provider, where it collects, carries out what concerns it. */
export function obey(state: State, command: Asked, now: Instant): Decision {
  const later = scheduled(state, command, now);
  if (later) return decided([later]);
  if (command.type === 'resend_email') {
    return decided([], { effects: [{ type: 'resend', command, email: command.email }] });
  }
  return state.collection === 'provider'
    ? decided([], { effects: [{ type: 'ask_provider', command: forProvider(state, command) }] })
    : obeyOurselves(state, command, now);
}

/** What is only to happen at the end of the period, or no longer is, is our own plan in both modes. */
function scheduled(state: State, command: Asked, at: Instant): DomainEvent | undefined {
  if (state.status !== 'active') return undefined;
  const boundary = state.period.end;
  switch (command.type) {
    case 'pause': {
      const { atPeriodEnd, until } = command;
      return atPeriodEnd
        ? { type: 'pause_scheduled', at, pauseAt: boundary, ...(until && { until }) }
        : undefined;
    }
    case 'resume':
      return { type: 'schedule_cancelled', at, what: 'pause' };
    case 'change_plan':
    case 'change_quantity':
      return command.atPeriodEnd
        ? { type: 'plan_change_scheduled', at, ...target(state, command), changeAt: boundary }
        : undefined;
    case 'cancel_plan_change':
      return { type: 'schedule_cancelled', at, what: 'plan_change' };
    default:
      return undefined;
  }
}

/** What a change of plan or of quantity leads to. */
function target(
  state: State,
  command: Extract<Asked, { type: 'change_plan' | 'change_quantity' }>,
): Pick<PlanChange, 'plan' | 'quantity'> {
  return command.type === 'change_plan'
    ? { plan: command.plan, quantity: command.quantity ?? state.quantity }
    : { plan: state.plan, quantity: command.quantity };
}

function forProvider(state: State, command: Asked): ProviderRequest {
  if (command.type !== 'extend_trial' || state.status !== 'trialing') {
    return command as ProviderRequest;
  }
  const { eventId, type } = command;
  return { type, eventId, trialEnd: trialEndOf(state.trial.end, command) };
}

function obeyOurselves(state: State, command: Asked, at: Instant): Decision {
  switch (command.type) {
    case 'cancel':
      return decided(canceled(state, command, at));
    case 'uncancel':
      return decided([{ type: 'cancellation_reversed', at }]);
    case 'pause': {
      if (state.status !== 'active') return decided();
      const { period, anchor } = state;
      const { until } = command;
      return decided([{ type: 'paused', at, period, anchor, ...(until && { until }) }]);
    }
    case 'resume':
      return state.status === 'paused' ? resume(state, command, at) : decided();
    case 'change_plan':
    case 'change_quantity':
      return change(state, command, at);
    case 'extend_trial': {
      if (state.status !== 'trialing') return decided();
      const trial = { ...state.trial, end: trialEndOf(state.trial.end, command) };
      return decided([{ type: 'trial_changed', at, trial }]);
    }
    case 'end_trial':
      return state.status === 'trialing' ? endTrial(state, command, at) : decided();
    case 'update_contact':
      return decided([{ type: 'customer_updated', at, customer: contact(state, command) }]);
    case 'cancel_plan_change':
    case 'resend_email':
      return decided();
    default:
      return command satisfies never;
  }
}

/** A cancellation that is not at once is a flag; where no paid period runs there is no end to wait for. */
function canceled(
  state: State,
  { atPeriodEnd, at, reason }: CancelRequest,
  now: Instant,
): DomainEvent[] {
  const until = at ?? (atPeriodEnd ? periodEndOf(state) : undefined);
  const said = reason ? { reason } : {};
  return until === undefined
    ? [{ ...ENDED, at: now, endedAt: now, ...said }]
    : [{ type: 'cancellation_scheduled', at: now, cancelAt: until, ...said }];
}

const ENDED = { type: 'ended', status: 'canceled', cause: 'requested' } as const;

function resume(state: Paused, command: Asked & ResumeRequest, at: Instant): Decision {
  const quote = quoteResumption(state, command.anchor ?? 'now', at);
  const { period, anchor, balance } = quote;
  const resumed: DomainEvent = { type: 'resumed', at, period, anchor, balance };
  return buy(command, quote, [...overdueChange(state, at), resumed], at);
}

function change(
  state: State,
  command: Extract<Asked, { type: 'change_plan' | 'change_quantity' }>,
  at: Instant,
): Decision {
  const next = target(state, command);
  const changed = { type: 'plan_changed' as const, at, ...next };
  // Nothing has been paid in a trial, so nothing is owed either.
  if (state.status !== 'active') return decided([changed]);
  const replaced: DomainEvent[] = state.change
    ? [{ type: 'schedule_cancelled', at, what: 'plan_change', reason: 'another change has come' }]
    : [];
  const quote = quoteChange(state, next, command.prorateAt ?? at);
  const { period, anchor, balance } = quote;
  const isMoved = anchor !== state.anchor;
  const now = { ...changed, balance, ...(isMoved && { period, anchor }) };
  return buy(command, quote, [...replaced, now], at);
}

function endTrial(state: Trialing, command: Asked, at: Instant): Decision {
  const { amount, balance } = periodBill(state);
  const period = periodAt(at, state.plan, at, state.zone);
  const events: DomainEvent[] = [{ type: 'activated', at, period, anchor: at }];
  if (balance !== (state.balance ?? 0)) events.unshift({ type: 'balance_changed', at, balance });
  return buy(command, { amount, balance }, events, at);
}

/** `events` are what happens, once it is paid if it costs anything. */
function buy(command: Asked, { amount }: Bill, events: DomainEvent[], at: Instant): Decision {
  if (amount.amount === 0) return decided(events);
  const invoice = `${command.type}-${fingerprint(command.eventId)}`;
  const charge = { at, invoice, attempt: 1, amount, purchase: { command, events } };
  return decided([], { effects: [{ type: 'charge', charge }] });
}

function contact(state: State, request: UpdateContactRequest): Customer {
  const { email, name, locale, timezone, marketing } = request;
  return {
    ...state.customer,
    ...(email !== undefined && { email }),
    ...(name !== undefined && { name }),
    ...(locale !== undefined && { locale }),
    ...(timezone !== undefined && { timezone }),
    ...(marketing !== undefined && { marketing }),
  };
}

/** What the provider's answer to a request means, beside what has changed in its view. */
export function answered(
  state: State,
  command: Command,
  subscription: ProviderSubscription | undefined,
  refused: string | undefined,
  now: Instant,
): Decision {
  const { eventId } = command;
  if (refused !== undefined) {
    const ignored: DomainEvent = { type: 'ignored', at: now, eventId, reason: refused };
    return decided([ignored], { refused: { reason: refused } });
  }
  if (command.type === 'update_contact') {
    return decided([{ type: 'customer_updated', at: now, customer: contact(state, command) }]);
  }
  if (subscription === undefined) {
    if (command.type === 'cancel') return decided(canceled(state, command, now));
    const reason = 'The provider does not know this subscription.';
    return decided([{ type: 'ignored', at: now, eventId, reason }], { refused: { reason } });
  }
  const until = command.type === 'pause' ? command.until : undefined;
  const events = follow(state, subscription, now).map((event) =>
    event.type === 'paused' && until ? { ...event, until } : event,
  );
  return decided(events, events.length > 0 ? { ahead: true } : {});
}

/** Lets the provider carry out what was to happen now. */
export function carryOut(state: Active | Paused, plan: Plan, at: Instant): Decision {
  const eventId = `${plan}:${at}`;
  const ask = (command: ProviderRequest): Decision =>
    decided([], { effects: [{ type: 'ask_provider', command, plan }] });
  switch (plan) {
    case 'pause': {
      const until = state.pausing?.until;
      return ask({ type: 'pause', eventId, ...(until && { until }) });
    }
    case 'resume':
      return ask({ type: 'resume', eventId });
    case 'plan_change': {
      const { plan: wanted, quantity } = state.change!;
      return ask({ type: 'change_plan', eventId, plan: wanted, quantity, atPeriodEnd: true });
    }
    default:
      return plan satisfies never;
  }
}

/** The provider's answer to that: whatever it is, the plan is not tried again and again. */
export function carriedOut(what: Plan, answer: Decision, at: Instant): Decision {
  const { refused, events, ...rest } = answer;
  const isDone = events.some(({ type }) => type === DONE_BY[what]);
  const reason = refused ? { reason: refused.reason } : {};
  const cancelled: DomainEvent = { type: 'schedule_cancelled', at, what, ...reason };
  return { ...rest, events: isDone ? events : [...events, cancelled] };
}

const DONE_BY: Record<Plan, DomainEvent['type']> = {
  pause: 'paused',
  resume: 'resumed',
  plan_change: 'plan_changed',
};
