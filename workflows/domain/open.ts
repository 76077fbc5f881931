import { periodAt } from './calendar.ts';
import { charge } from './collect.ts';
import type { Command, Found, ImportRequest } from './commands.ts';
import { decideCommand, notPaidBut } from './decide-command.ts';
import { decided, type Decision } from './decision.ts';
import type { DomainEvent } from './events.ts';
import { evolve } from './evolve.ts';
import { adopt, isNewborn, isSameView } from './follow.ts';
import { cardReminder, renewalReminder } from './reminders.ts';
import {
  hasEnded,
  type Active,
  type Common,
  type Paused,
  type State,
  type Trialing,
} from './state.ts';
import { isDue, type Instant } from './time.ts';

type Start = Extract<Command, { type: 'start' }>;
type Import = Extract<Command, { type: 'import' }>;

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
  if (seen === undefined) return withoutProvider(id, command, found, now);
  const { created } = command;
  const isNew =
    command.type === 'start' || (created !== undefined && isNewborn(created, seen.createdAt));
  const adopted = adopt(seen, now);
  const first = opening(adopted, now, isNew ? seen.createdAt : undefined);
  if (command.type === 'start') return decided([first], { ahead: true });
  if (command.type === 'import') {
    return decided([{ type: 'imported', at: now, subscription: silenced(adopted, now) }], {
      ahead: true,
    });
  }
  if (command.type === 'observe') {
    const ahead = !isSameView(seen, command.subscription);
    const { created: asOf, apiVersion } = command;
    return decided([first], { asOf, ahead, ...(apiVersion && { apiVersion }) });
  }
  // What comes late resurrects nothing, and nobody hears of it.
  if (hasEnded(adopted)) return decided([first], { ahead: true });
  const then =
    command.type === 'invoice_failed' || command.type === 'invoice_action_required'
      ? notPaidBut(seen, command, now)
      : decideCommand(evolve(undefined, first), command, now);
  return { ...then, events: [first, ...then.events], ahead: true };
}

function withoutProvider(id: string, command: Command, found: Found, now: Instant): Decision {
  if (command.type === 'start') return start(id, command, found.hadTrial === true, now);
  if (command.type === 'import') return adoptImported(id, command, now);
  return decided([], { orphaned: true });
}

function start(id: string, command: Start, hadTrial: boolean, now: Instant): Decision {
  const { collection, at } = command;
  const trial = hadTrial && command.policy?.repeatedTrial === 'skip' ? undefined : command.trial;
  const common = commonOf(id, command, trial);
  if (trial) {
    const isOver =
      collection === 'self' &&
      isDue(periodAt(trial.end, command.plan, trial.end, command.zone).end, now);
    if (isOver) return decided([], { unusable: overdue('its trial ended', trial.end) });
    const state: State = { ...common, status: 'trialing', trial, converting: true };
    return decided([opening(state, now, at)]);
  }
  // Also in the place of a trial never from `now`: a task that is run again would charge under another key.
  const billed = { ...common, anchor: at, period: periodAt(at, command.plan, at, command.zone) };
  if (collection === 'provider') {
    return decided([opening({ ...billed, status: 'active' }, now, at)]);
  }
  if (isDue(billed.period.end, now)) {
    return decided([], { unusable: overdue('it began', at) });
  }
  const state: State = { ...billed, status: 'incomplete', since: now, attempt: 0 };
  const first = charge(state, { at: now, invoice: at, attempt: 1 });
  const skipped: DomainEvent[] = command.trial ? [{ type: 'trial_skipped', at: now }] : [];
  return { ...first, events: [opening(state, now, at), ...skipped, ...first.events] };
}

/** Nobody is charged for several periods at once because a message was late. */
const overdue = (what: string, at: Instant): string =>
  `${what} at ${at}, and the period that began then was over before we heard of it: import it as it stands (subscription.imported)`;

/** As it stands, without a word to anybody: what lies behind is not caught up on, and not charged. */
function adoptImported(id: string, command: Import, now: Instant): Decision {
  const { cancelAt } = command;
  const cancel = cancelAt === undefined ? undefined : { at: cancelAt };
  const state = standing({ ...commonOf(id, command, command.trial), cancel }, command, now);
  const end = state.status === 'trialing' ? state.trial.end : state.period.end;
  if (cancelAt !== undefined && isDue(cancelAt, now)) {
    return decided([], { unusable: `it is said to have ended at ${cancelAt} already` });
  }
  if (state.status !== 'paused' && isDue(end, now)) {
    return decided([], {
      unusable: `what it is said to have paid for ended at ${end}: import it as it stands now`,
    });
  }
  return decided([{ type: 'imported', at: now, subscription: silenced(state, now) }]);
}

/** Mail that would have gone out before `now` does not. */
function silenced(state: State, now: Instant): State {
  const card = cardReminder(state);
  const cardAnnounced = card !== undefined && isDue(card, now) ? state.card?.expires : undefined;
  const known = { ...state, cardAnnounced };
  if (known.status === 'trialing') return { ...known, reminded: now };
  if (known.status !== 'active') return known;
  const reminder = renewalReminder(known);
  const isAnnounced = reminder !== undefined && isDue(reminder, now);
  return isAnnounced ? { ...known, announced: known.period.end } : known;
}

function standing(
  common: Common,
  { status, trial, anchor, period }: ImportRequest,
  now: Instant,
): Trialing | Active | Paused {
  if (status === 'trialing') {
    if (!trial) throw new TypeError('a trial has to say when it ends');
    return { ...common, status, trial, converting: true };
  }
  if (!period) throw new TypeError('what is not a trial has to say what has been paid for');
  const billed = { ...common, anchor: anchor ?? period.start, period };
  return status === 'paused' ? { ...billed, status, since: now } : { ...billed, status };
}

function commonOf(id: string, request: Start | Import, trial: Common['trial']): Common {
  const { customer, plan, quantity, collection, livemode, paymentMethod, card, zone, policy } =
    request;
  return {
    id,
    customer,
    plan,
    quantity,
    collection,
    livemode,
    trial,
    paymentMethod,
    card,
    zone,
    policy,
    seen: [],
    version: 0,
  };
}

function opening(subscription: State, at: Instant, newSince?: Instant): DomainEvent {
  if (hasEnded(subscription)) return { type: 'found_ended', at, subscription };
  const type = subscription.status === 'trialing' ? 'trial_started' : 'subscription_started';
  return { type, at, subscription, ...(newSince && { newSince }) };
}
