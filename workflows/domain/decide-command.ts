import { retry } from './collect.ts';
import type { CancelRequest, Command, Observation } from './commands.ts';
import { decided, type Decision } from './decision.ts';
import type { DomainEvent } from './events.ts';
import { wasSeen } from './fingerprint.ts';
import { follow } from './follow.ts';
import { hasEnded, type State } from './state.ts';
import type { Instant } from './time.ts';

/** Why a command is not obeyed in this state, in words for the one who sent it; undefined when it is. */
export function refusal(
  state: State,
  command: Pick<Command, 'type'> & CancelRequest,
): string | undefined {
  if (command.type !== 'cancel') return undefined;
  if (hasEnded(state)) return `The subscription has already ended (${state.status}).`;
  if (command.atPeriodEnd && state.cancel) {
    return `The subscription is already set to end at ${state.cancel.at}.`;
  }
  return undefined;
}

const OURS = 'we collect this one ourselves';

/** What a command means for a subscription that is known. */
export function decideCommand(state: State, command: Command, now: Instant): Decision {
  if (wasSeen(state.seen, command.eventId)) return decided();
  const refused = refusal(state, command);
  if (refused !== undefined) return { ...ignored(command, refused, now), refused };
  if (hasEnded(state)) return ignored(command, 'the subscription has ended', now);
  switch (command.type) {
    case 'start':
      return ignored(command, 'the subscription has already started', now);
    case 'observe':
      return observed(state, command, now);
    case 'invoice_paid':
      return decided(paid(state, command, now));
    case 'invoice_failed': {
      if (state.collection === 'self') return ignored(command, OURS, now);
      const { invoice, attempt, code } = command;
      return decided([
        { type: 'payment_failed', at: now, invoice, attempt, ...(code && { code }) },
      ]);
    }
    case 'update_customer': {
      const customer = { ...state.customer, ...command.customer };
      return decided([{ type: 'customer_updated', at: now, customer }]);
    }
    case 'update_payment_method': {
      const { paymentMethod } = command;
      const next = state.collection === 'self' ? retry(state, now) : decided();
      return {
        ...next,
        events: [{ type: 'payment_method_updated', at: now, paymentMethod }, ...next.events],
      };
    }
    case 'cancel':
      return state.collection === 'provider'
        ? decided([], { effects: [{ type: 'cancel_at_provider', command }] })
        : decided(canceled(state, command, now));
    case 'end': {
      const { at, reason } = command;
      return decided([end(now, at, reason)]);
    }
    case 'attach_clock':
      return state.testClock === command.clock
        ? decided()
        : decided([{ type: 'test_clock_attached', at: now, clock: command.clock }]);
    default:
      return command satisfies never;
  }
}

/**
 * A provider event is applied when it is newer and ignored when it is older than what is known. When it ties, or what is
 * known came from asking, the provider is asked which is true.
 */
function observed(state: State, command: Observation, now: Instant): Decision {
  if (state.collection === 'self') return ignored(command, OURS, now);
  const { created, subscription } = command;
  if (state.asOf !== undefined && created < state.asOf) {
    return ignored(command, 'older than what is known', now);
  }
  const events = follow(state, subscription, now);
  const undecided = events.length > 0 && (state.ahead || created === state.asOf);
  return undecided
    ? decided([], { effects: [{ type: 'fetch', after: command }] })
    : decided(events, { asOf: created, ahead: false });
}

function paid(
  state: State,
  { invoice }: Extract<Command, { type: 'invoice_paid' }>,
  at: Instant,
): DomainEvent[] {
  if (invoice.amount.amount <= 0) return [];
  const event: DomainEvent = { type: 'payment_succeeded', at, invoice };
  const settles = state.status === 'past_due' || state.status === 'incomplete';
  return state.collection === 'self' && settles
    ? [event, { type: 'activated', at, period: state.period, anchor: state.anchor }]
    : [event];
}

/** A cancellation at the period's end is a flag; where no paid period runs there is nothing to wait for. */
export function canceled(
  state: State,
  { atPeriodEnd, reason }: CancelRequest,
  now: Instant,
): DomainEvent[] {
  const until =
    state.status === 'trialing'
      ? state.trial.end
      : state.status === 'active'
        ? state.period.end
        : undefined;
  if (!atPeriodEnd || until === undefined) return [end(now, now, reason)];
  return [{ type: 'cancellation_scheduled', at: now, cancelAt: until, ...(reason && { reason }) }];
}

const end = (at: Instant, endedAt: Instant, reason: string | undefined): DomainEvent => ({
  type: 'ended',
  at,
  status: 'canceled',
  endedAt,
  cause: 'requested',
  ...(reason && { reason }),
});

const ignored = ({ eventId }: Command, reason: string, at: Instant): Decision =>
  decided([{ type: 'ignored', at, eventId, reason }]);
