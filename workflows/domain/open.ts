import { periodAt } from './calendar.ts';
import { charge } from './collect.ts';
import type { Command, Found } from './commands.ts';
import { decideCommand } from './decide-command.ts';
import { decided, type Decision } from './decision.ts';
import type { DomainEvent } from './events.ts';
import { evolve } from './evolve.ts';
import { adopt, isNewborn, isSameView } from './follow.ts';
import { hasEnded, type Common, type State } from './state.ts';
import type { Instant } from './time.ts';

type Start = Extract<Command, { type: 'start' }>;

/** First contact with a subscription, by whatever message came first. */
export function open(id: string, command: Command, found: Found, now: Instant): Decision {
  if (found.tombstone) return decided([], { tombstone: found.tombstone });
  const decision = firstContact(id, command, found, now);
  const [first, ...rest] = decision.events;
  if (first === undefined || !('subscription' in first) || found.version === undefined)
    return decision;
  const subscription = { ...first.subscription, version: found.version };
  return { ...decision, events: [{ ...first, subscription }, ...rest] };
}

function firstContact(id: string, command: Command, found: Found, now: Instant): Decision {
  const seen =
    found.subscription ?? (command.type === 'observe' ? command.subscription : undefined);
  if (seen === undefined) {
    return command.type === 'start' ? start(id, command, now) : decided([], { orphaned: true });
  }
  const { created } = command;
  const isNew =
    command.type === 'start' || (created !== undefined && isNewborn(created, seen.createdAt));
  const first = opening(adopt(seen, now), now, isNew ? seen.createdAt : undefined);
  if (command.type === 'start') return decided([first], { ahead: true });
  if (command.type === 'observe') {
    const ahead = !isSameView(seen, command.subscription);
    return decided([first], { asOf: command.created, ahead });
  }
  const then = decideCommand(evolve(undefined, first), command, now);
  return { ...then, events: [first, ...then.events], ahead: true };
}

function start(id: string, command: Start, now: Instant): Decision {
  const { customer, plan, quantity, collection, livemode, trial, paymentMethod, policy } = command;
  const common: Common = {
    id,
    customer,
    plan,
    quantity,
    collection,
    livemode,
    trial,
    paymentMethod,
    policy,
    seen: [],
    version: 0,
  };
  if (trial) {
    const state: State = { ...common, status: 'trialing', trial, converting: true };
    return decided([opening(state, now, command.at)]);
  }
  const { at } = command;
  const billed = { ...common, anchor: at, period: periodAt(at, plan, at) };
  if (collection === 'provider') {
    return decided([opening({ ...billed, status: 'active' }, now, at)]);
  }
  const state: State = { ...billed, status: 'incomplete', since: now, attempt: 0 };
  const first = charge(state, { at: now, invoice: at, attempt: 1 });
  return { ...first, events: [opening(state, now, at), ...first.events] };
}

function opening(subscription: State, at: Instant, newSince?: Instant): DomainEvent {
  if (hasEnded(subscription)) return { type: 'found_ended', at, subscription };
  const type = subscription.status === 'trialing' ? 'trial_started' : 'subscription_started';
  return { type, at, subscription, ...(newSince && { newSince }) };
}
