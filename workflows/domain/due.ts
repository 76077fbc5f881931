import { finalInstant, graceEnd, incompleteEnd, nextRetry } from './dunning.ts';
import { dunningOf } from './policy.ts';
import { beforeQuiet } from './quiet.ts';
import {
  cardEnd,
  cardReminder,
  openDunningMail,
  openReminders,
  openWinBacks,
  renewalReminder,
} from './reminders.ts';
import { hasEnded, type State } from './state.ts';
import { addDuration, isDue, toMs, type Duration, type Instant } from './time.ts';

/** The next instant at which a subscription acts by itself, and what it does then. */
export interface Due {
  type:
    | 'trial_reminder'
    | 'trial_end'
    | 'renewal_reminder'
    | 'renewal'
    | 'plan_change'
    | 'pause'
    | 'resume'
    | 'cancel'
    | 'dunning_retry'
    | 'dunning_reminder'
    | 'final_notice'
    | 'dunning_end'
    | 'grace_end'
    | 'incomplete_expiry'
    | 'card_expiring'
    | 'win_back'
    | 'reconcile';
  at: Instant;
}

const ASK_AFTER: Duration[] = ['PT2H', 'PT6H', 'P1D', 'P3D'];
const ASK_AT_MOST = 30;
/** What is to hold from a boundary on, the provider has to know before it. */
const BEFORE_BOUNDARY: Duration = 'PT1H';

/** The earliest of what lies ahead (or is overdue), or undefined when only a message can move this subscription. */
export function due(state: State, now: Instant): Due | undefined {
  const all = hasEnded(state)
    ? openWinBacks(state).map((at): Due => ({ type: 'win_back', at }))
    : [...mailOf(state, now), ...plansOf(state), ...collectionOf(state, now)];
  return all.toSorted((a, b) => toMs(a.at) - toMs(b.at))[0];
}

/** The mail that timers send, whoever collects. Who has cancelled is not told of what will not be. */
function mailOf(state: State, now: Instant): Due[] {
  const mail: Due[] = [];
  const { cancel } = state;
  switch (state.status) {
    case 'trialing':
      if (cancel || isDue(state.trial.end, now)) break;
      for (const at of openReminders(state)) {
        mail.push({ type: 'trial_reminder', at: beforeQuiet(state, at) });
      }
      break;
    case 'active': {
      const at = renewalReminder(state);
      if (at === undefined || cancel || state.pausing || isDue(state.period.end, now)) break;
      mail.push({ type: 'renewal_reminder', at: beforeQuiet(state, at) });
      break;
    }
    case 'past_due':
      for (const { type, at } of openDunningMail(state)) {
        mail.push({ type, at: type === 'final_notice' ? beforeQuiet(state, at) : at });
      }
      if (!state.revoked) mail.push({ type: 'grace_end', at: graceEnd(state) });
      break;
    default:
  }
  const expiring = cancel || !isToBeCharged(state) ? undefined : cardReminder(state);
  if (expiring !== undefined && !isDue(cardEnd(state.card!), now)) {
    mail.push({ type: 'card_expiring', at: expiring });
  }
  return mail;
}

/** Whether the card is going to be charged without anybody's doing. */
const isToBeCharged = (state: State): boolean =>
  state.status === 'trialing' ||
  state.status === 'active' ||
  state.status === 'past_due' ||
  (state.status === 'paused' && state.until !== undefined);

/** What somebody has asked for and is still to come; a cancellation is among what collects. */
function plansOf(state: State): Due[] {
  const isOurs = state.collection === 'self';
  const boundary = (at: Instant): Instant => (isOurs ? at : addDuration(at, BEFORE_BOUNDARY, -1));
  const plans: Due[] = [];
  if (state.status === 'active') {
    const { pausing, change, cancel } = state;
    const isOpen = (plan: { at: Instant } | undefined): boolean =>
      plan !== undefined && !(cancel && toMs(cancel.at) <= toMs(plan.at));
    if (isOpen(pausing)) plans.push({ type: 'pause', at: boundary(pausing!.at) });
    // Ours takes effect with the renewal.
    if (isOpen(change) && !isOurs) plans.push({ type: 'plan_change', at: boundary(change!.at) });
  }
  if (state.status === 'paused' && state.until) {
    const { until: at, cancel } = state;
    const isOpen = !(cancel && toMs(cancel.at) <= toMs(at));
    if (isOpen) plans.push({ type: 'resume', at });
  }
  return plans;
}

function collectionOf(state: State, now: Instant): Due[] {
  const expected = state.collection === 'self' ? ownNext(state, now) : providersNext(state);
  return expected === undefined ? [] : [expected];
}

/** Self mode: what we do next; a cancellation comes before anything that would charge. */
function ownNext(state: State, now: Instant): Due | undefined {
  const next = ownCharge(state, now);
  const { cancel } = state;
  if (cancel && (next === undefined || toMs(cancel.at) <= toMs(next.at))) {
    return { type: 'cancel', at: cancel.at };
  }
  return next;
}

function ownCharge(state: State, now: Instant): Due | undefined {
  switch (state.status) {
    case 'trialing':
      return { type: 'trial_end', at: state.trial.end };
    case 'active':
      return { type: 'renewal', at: state.period.end };
    case 'incomplete':
      return { type: 'incomplete_expiry', at: incompleteEnd(state.since) };
    case 'past_due': {
      const at = nextRetry(state, now);
      if (at !== undefined) return { type: 'dunning_retry', at };
      const isOpen = dunningOf(state.policy).finalAction === 'past_due';
      return isOpen ? undefined : { type: 'dunning_end', at: finalInstant(state) };
    }
    case 'unpaid':
    case 'paused':
    case 'canceled':
    case 'incomplete_expired':
      return undefined;
    default:
      return state satisfies never;
  }
}

/** Provider mode: when to ask because the provider's word has not come. */
function providersNext(state: State): Due | undefined {
  const expected = providersWord(state);
  const asked = state.asked ?? 0;
  if (expected === undefined || asked >= ASK_AT_MOST) return undefined;
  return { type: 'reconcile', at: addDuration(expected, ASK_AFTER[asked] ?? `P${asked}D`) };
}

/** When the provider must have said something at the latest. */
function providersWord(state: State): Instant | undefined {
  const end =
    state.status === 'trialing'
      ? state.trial.end
      : state.status === 'active'
        ? state.period.end
        : state.status === 'incomplete'
          ? incompleteEnd(state.since)
          : undefined;
  const { cancel } = state;
  return cancel && (end === undefined || toMs(cancel.at) < toMs(end)) ? cancel.at : end;
}
