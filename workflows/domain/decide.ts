import { charged, collect } from './collect.ts';
import type { Fetched, Input } from './commands.ts';
import { decideCommand, notPaidBut } from './decide-command.ts';
import { decided, type Decision } from './decision.ts';
import { due } from './due.ts';
import { dunningEnd } from './dunning.ts';
import type { DomainEvent } from './events.ts';
import { wasSeen } from './fingerprint.ts';
import { follow, isSameView } from './follow.ts';
import { answered, carriedOut, carryOut } from './obey.ts';
import { open } from './open.ts';
import type { Invoice } from './provider.ts';
import { beforeQuiet } from './quiet.ts';
import { openDunningMail, openReminders, openWinBacks } from './reminders.ts';
import { isRequest } from './requests.ts';
import { hasEnded, type State } from './state.ts';
import { isDue, type Instant } from './time.ts';

/**
 * Every business decision about subscription `id`: what has happened, given what is known and what came in, and what has
 * to be done before more can be said. `now` is lifecycle time; nothing here reads a clock.
 */
export function decide(id: string, state: State | undefined, input: Input, now: Instant): Decision {
  if (input.type === 'command' || input.type === 'found') {
    if (state !== undefined) return decideCommand(state, input.command, now);
    return input.type === 'found'
      ? open(id, input.command, input.found, now)
      : decided([], { effects: [{ type: 'find', command: input.command }] });
  }
  if (state === undefined) return decided();
  switch (input.type) {
    case 'charged':
      return charged(state, input.charge, input.result);
    case 'fetched':
      return fetched(state, input, now);
    case 'looked_around':
      return wooed(state, input.at, input.isBack);
    case 'resent':
      return resent(input, now);
    case 'due':
      return whatIsDue(state, now);
    default:
      return input satisfies never;
  }
}

/** What the provider's answer means, be it to a question or to a command. */
function fetched(
  state: State,
  { subscription, after, refused, plan }: Fetched,
  now: Instant,
): Decision {
  if (after && isRequest(after)) {
    const answer = answered(state, after, subscription, refused, now);
    return plan ? carriedOut(plan, answer, now) : answer;
  }
  const events = subscription === undefined ? [] : follow(state, subscription, now);
  if (after === undefined) events.unshift(...missedPayment(state, subscription?.paid, now));
  if (after?.type === 'observe') {
    const ahead = subscription === undefined || !isSameView(subscription, after.subscription);
    const { apiVersion } = after;
    return decided(events, { asOf: after.created, ahead, ...(apiVersion && { apiVersion }) });
  }
  if (after?.type === 'invoice_failed' || after?.type === 'invoice_action_required') {
    const then = notPaidBut(subscription, after, now);
    return { ...then, events: [...events, ...then.events], ahead: true };
  }
  if (events.length > 0) return decided(events, { ahead: true });
  const next = due(state, now);
  const overdue = next?.type === 'reconcile' && isDue(next.at, now);
  return decided(overdue ? [{ type: 'provider_asked', at: now }] : []);
}

/** The provider's word is overdue, so that of a payment may have got lost as well. */
function missedPayment(state: State, paid: Invoice | undefined, at: Instant): DomainEvent[] {
  const isNews = paid && paid.amount.amount > 0 && !wasSeen(state.paid ?? [], paid.id);
  return isNews ? [{ type: 'payment_succeeded', at, invoice: paid }] : [];
}

function whatIsDue(state: State, now: Instant): Decision {
  const next = due(state, now);
  if (next === undefined || !isDue(next.at, now)) return decided();
  const { type, at } = next;
  switch (type) {
    case 'trial_reminder':
    case 'dunning_reminder':
    case 'final_notice':
      return decided(reminded(state, now));
    case 'renewal_reminder':
      return decided(
        state.status === 'active'
          ? [{ type: 'renewal_reminder_due', at, renewsAt: state.period.end }]
          : [],
      );
    case 'card_expiring':
      return decided(state.card ? [{ type: 'card_expiry_due', at, card: state.card }] : []);
    case 'grace_end':
      return decided([{ type: 'access_revoked', at }]);
    case 'win_back':
      return winBack(state, now);
    case 'reconcile':
      return decided([], { effects: [{ type: 'fetch' }] });
    case 'pause':
    case 'resume':
    case 'plan_change':
      return state.collection === 'provider' &&
        (state.status === 'active' || state.status === 'paused')
        ? carryOut(state, type, at)
        : collect(state, next);
    case 'trial_end':
    case 'renewal':
    case 'cancel':
    case 'dunning_retry':
    case 'dunning_end':
    case 'incomplete_expiry':
      return collect(state, next);
    default:
      return type satisfies never;
  }
}

/** Of several overdue reminders only the latest goes out; its instant is the one it was meant for, quiet hours or not. */
function reminded(state: State, now: Instant): DomainEvent[] {
  if (state.status === 'trialing') {
    const at = openReminders(state)
      .filter((reminder) => isDue(beforeQuiet(state, reminder), now))
      .at(-1);
    return at === undefined ? [] : [{ type: 'trial_reminder_due', at, trialEnd: state.trial.end }];
  }
  if (state.status !== 'past_due') return [];
  const mail = openDunningMail(state)
    .filter(({ type, at }) => isDue(type === 'final_notice' ? beforeQuiet(state, at) : at, now))
    .at(-1);
  if (mail === undefined) return [];
  const { type, at } = mail;
  return type === 'final_notice'
    ? [{ type: 'final_notice_due', at, lastAttemptAt: dunningEnd(state) }]
    : [{ type: 'dunning_reminder_due', at }];
}

/** Of several overdue attempts only the latest is made, and none to a customer who is back. */
function winBack(state: State, now: Instant): Decision {
  if (!hasEnded(state)) return decided();
  const at = openWinBacks(state)
    .filter((attempt) => isDue(attempt, now))
    .at(-1);
  return at === undefined ? decided() : decided([], { effects: [{ type: 'look_around', at }] });
}

function wooed(state: State, at: Instant, isBack: boolean): Decision {
  if (!isBack) return decided([{ type: 'win_back_due', at }]);
  return decided([{ type: 'win_back_dropped', at }]);
}

function resent({ command, email }: Extract<Input, { type: 'resent' }>, at: Instant): Decision {
  if (email !== undefined) return decided([{ type: 'email_resent', at, email }]);
  const reason = 'There has been no such e-mail.';
  const ignored: DomainEvent = { type: 'ignored', at, eventId: command.eventId, reason };
  return decided([ignored], { refused: { reason } });
}
