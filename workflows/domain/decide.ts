import { charged, collect } from './collect.ts';
import type { Input } from './commands.ts';
import { canceled, decideCommand } from './decide-command.ts';
import { decided, type Decision } from './decision.ts';
import { due } from './due.ts';
import type { DomainEvent } from './events.ts';
import { follow, isSameView } from './follow.ts';
import { open } from './open.ts';
import { openReminders } from './reminders.ts';
import type { State } from './state.ts';
import { isDue, type Instant } from './time.ts';

type Fetched = Extract<Input, { type: 'fetched' }>;

/**
 * Every business decision about subscription `id`: what has happened, given what is known and what came in, and what has
 * to be done before more can be said. `now` is lifecycle time; nothing here reads a clock.
 */
export function decide(id: string, state: State | undefined, input: Input, now: Instant): Decision {
  switch (input.type) {
    case 'command':
      return state === undefined
        ? decided([], { effects: [{ type: 'find', command: input.command }] })
        : decideCommand(state, input.command, now);
    case 'found':
      return state === undefined
        ? open(id, input.command, input.found, now)
        : decideCommand(state, input.command, now);
    case 'charged':
      return state === undefined ? decided() : charged(state, input.charge, input.result);
    case 'fetched':
      return state === undefined ? decided() : fetched(state, input, now);
    case 'due':
      return state === undefined ? decided() : whatIsDue(state, now);
    default:
      return input satisfies never;
  }
}

/** What the provider's answer means, be it to a question or to a command. */
function fetched(state: State, { subscription, after }: Fetched, now: Instant): Decision {
  const events = subscription === undefined ? [] : follow(state, subscription, now);
  if (after?.type === 'observe') {
    const ahead = subscription === undefined || !isSameView(subscription, after.subscription);
    return decided(events, { asOf: after.created, ahead });
  }
  if (events.length > 0) return decided(events, { ahead: true });
  if (after?.type === 'cancel') return decided(canceled(state, after, now));
  const next = due(state, now);
  const overdue = next?.type === 'reconcile' && isDue(next.at, now);
  return decided(overdue ? [{ type: 'provider_asked', at: now }] : []);
}

function whatIsDue(state: State, now: Instant): Decision {
  const next = due(state, now);
  if (next === undefined || !isDue(next.at, now)) return decided();
  switch (next.type) {
    case 'trial_reminder':
      return decided(reminded(state, now));
    case 'grace_end':
      return decided([{ type: 'access_revoked', at: next.at }]);
    case 'reconcile':
      return decided([], { effects: [{ type: 'fetch' }] });
    case 'trial_end':
    case 'renewal':
    case 'cancel':
    case 'dunning_retry':
    case 'incomplete_expiry':
      return collect(state, next);
    default:
      return next.type satisfies never;
  }
}

/** Of several overdue reminders only the latest goes out. */
function reminded(state: State, now: Instant): DomainEvent[] {
  if (state.status !== 'trialing') return [];
  const at = openReminders(state)
    .filter((reminder) => isDue(reminder, now))
    .at(-1);
  return at === undefined ? [] : [{ type: 'trial_reminder_due', at, trialEnd: state.trial.end }];
}
