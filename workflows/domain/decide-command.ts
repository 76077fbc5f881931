import { retry, settled } from './collect.ts';
import type { Command, NotPaid, Observation } from './commands.ts';
import { decided, type Decision } from './decision.ts';
import type { DomainEvent } from './events.ts';
import { wasSeen } from './fingerprint.ts';
import { follow } from './follow.ts';
import { obey } from './obey.ts';
import type { Invoice, ProviderSubscription } from './provider.ts';
import { refusal } from './refuse.ts';
import { isRequest } from './requests.ts';
import { hasEnded, type State, type Status } from './state.ts';
import type { Instant } from './time.ts';

const OURS = 'we collect this one ourselves';
const OLDER = 'older than what is known';
const ENDED = 'the subscription has ended';

type Of<Type extends Command['type']> = Extract<Command, { type: Type }>;

/** What a command means for a subscription that is known. */
export function decideCommand(state: State, command: Command, now: Instant): Decision {
  if (wasSeen(state.seen, command.eventId)) return decided();
  if (isRequest(command)) {
    const refused = refusal(state, command, now);
    return refused === undefined
      ? obey(state, command, now)
      : { ...ignored(command, refused.reason, now), refused };
  }
  if (hasEnded(state) && !ABOUT_THE_PAST.has(command.type)) return ignored(command, ENDED, now);
  switch (command.type) {
    case 'start':
    case 'import':
      return ignored(command, 'the subscription has already started', now);
    case 'observe':
      return observed(state, command, now);
    case 'invoice_paid':
      return paid(state, command, now);
    case 'invoice_failed':
    case 'invoice_action_required':
      return notPaid(state, command, now);
    case 'authenticated':
      return authenticated(state, command, now);
    case 'update_customer':
      return customerUpdated(state, command, now);
    case 'update_payment_method': {
      const { paymentMethod, card } = command;
      const next = state.collection === 'self' ? retry(state, now) : decided();
      const updated: DomainEvent = {
        type: 'payment_method_updated',
        at: now,
        paymentMethod,
        ...(card && { card }),
      };
      return { ...next, events: [updated, ...next.events] };
    }
    case 'update_card': {
      const { paymentMethod, card } = command;
      const isNews = paymentMethod === state.paymentMethod && card.expires !== state.card?.expires;
      return decided(isNews ? [{ type: 'card_updated', at: now, card }] : []);
    }
    case 'end': {
      const { at, reason } = command;
      return decided([
        {
          type: 'ended',
          at: now,
          status: 'canceled',
          endedAt: at,
          cause: 'requested',
          ...(reason && { reason }),
        },
      ]);
    }
    case 'attach_clock':
      return state.testClock === command.clock
        ? decided()
        : decided([{ type: 'test_clock_attached', at: now, clock: command.clock }]);
    case 'unsubscribe':
      return decided(state.customer.marketing ? [{ type: 'unsubscribed', at: now }] : []);
    case 'note_feedback':
      return decided([{ type: 'email_feedback', at: now, feedback: command.feedback }]);
    case 'erase':
      return decided([{ type: 'erased', at: now }]);
    default:
      return command satisfies never;
  }
}

/** What is still of interest when a subscription has ended: money that was taken, and what people say of its mail. */
const ABOUT_THE_PAST = new Set<Command['type']>([
  'invoice_paid',
  'authenticated',
  'attach_clock',
  'unsubscribe',
  'note_feedback',
  'erase',
]);

/**
 * A provider event is applied when it is newer and ignored when it is older than what is known. When it ties, or what is
 * known came from asking, the provider is asked which is true. That it says nothing new does not make it the newest.
 */
function observed(state: State, command: Observation, now: Instant): Decision {
  if (state.collection === 'self') return ignored(command, OURS, now);
  const { created, subscription, apiVersion } = command;
  if (state.asOf !== undefined && created < state.asOf) return ignored(command, OLDER, now);
  const events = follow(state, subscription, now);
  const undecided = events.length > 0 && (state.ahead || created === state.asOf);
  return undecided
    ? decided([], { effects: [{ type: 'fetch', after: command }] })
    : decided(events, { asOf: created, ...(apiVersion && { apiVersion }) });
}

function paid(state: State, { invoice, created }: Of<'invoice_paid'>, at: Instant): Decision {
  if (invoice.amount.amount <= 0) return decided();
  const events: DomainEvent[] = [{ type: 'payment_succeeded', at, invoice }];
  if (state.collection === 'self') {
    const settling = settled(state, invoice, at);
    return decided(settling.length > 0 ? settling : events);
  }
  // It has been told of already, or found when we asked.
  if (wasSeen(state.paid ?? [], invoice.id)) return decided();
  return decided(events, {
    ...(created !== undefined && { paidAsOf: Math.max(created, state.paidAsOf ?? 0) }),
  });
}

/** An invoice that is said to be open, while we know from asking that all is well, may have been paid by then: ask again. */
function notPaid(state: State, command: NotPaid, now: Instant): Decision {
  if (state.collection === 'self') return ignored(command, OURS, now);
  if (isOutdated(state, command)) return ignored(command, OLDER, now);
  return state.ahead && isWell(state)
    ? decided([], { effects: [{ type: 'fetch', after: command }] })
    : decided([failure(command, now)]);
}

/** The same when the provider has just told how the subscription stands. */
export const notPaidBut = (
  seen: Pick<ProviderSubscription, 'status'> | undefined,
  command: NotPaid,
  now: Instant,
): Decision =>
  seen && isWell(seen) ? ignored(command, OLDER, now) : decided([failure(command, now)]);

/** Whether no invoice is open, or nobody collects it any more. */
const isWell = ({ status }: { status: Status }): boolean =>
  status !== 'past_due' && status !== 'unpaid' && status !== 'incomplete';

function failure(command: NotPaid, at: Instant): DomainEvent {
  const { invoice } = command;
  if (command.type === 'invoice_action_required') {
    const { url } = command;
    return { type: 'payment_action_required', at, invoice, ...(url && { url }) };
  }
  const { attempt, code, isLast } = command;
  const why = { ...(code && { code }), ...(isLast && { isLast }) };
  return { type: 'payment_failed', at, invoice, attempt, ...why };
}

/** Whether the provider has told since that the money came, or that all is well. */
const isOutdated = (state: State, { created = Infinity }: Command): boolean =>
  created <= (state.paidAsOf ?? -Infinity) ||
  (isWell(state) && created < (state.asOf ?? -Infinity));

/**
 * What the customer said to a payment that had to be confirmed. Its invoice may have been settled, or written off, meanwhile:
 * money that was taken all the same is told of, so that nobody has to find it.
 */
function authenticated(state: State, command: Of<'authenticated'>, at: Instant): Decision {
  const { id, isPaid, invoice } = command.payment;
  if (!isPaid) return ignored(command, 'the customer has not confirmed the payment', at);
  const events = isOpen(state, invoice) ? settled(state, invoice, at) : [];
  const stray: DomainEvent = { type: 'payment_succeeded', at, invoice: { ...invoice, id } };
  return decided(events.length > 0 ? events : [stray]);
}

const isOpen = (state: State, { id }: Invoice): boolean =>
  'period' in state && state.period?.start === id;

/** Stripe's events about a customer come in any order, like all others. */
function customerUpdated(state: State, command: Of<'update_customer'>, at: Instant): Decision {
  const { created } = command;
  if (created !== undefined && created < (state.customerAsOf ?? 0)) {
    return ignored(command, OLDER, at);
  }
  const customer = { ...state.customer, ...command.customer };
  return decided([{ type: 'customer_updated', at, customer }], {
    ...(created !== undefined && { customerAsOf: created }),
  });
}

const ignored = ({ eventId }: Command, reason: string, at: Instant): Decision =>
  decided([{ type: 'ignored', at, eventId, reason }]);
