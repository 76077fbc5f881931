import { graceEnd, incompleteEnd, nextRetry } from './dunning.ts';
import { openReminders } from './reminders.ts';
import { hasEnded, type State } from './state.ts';
import { addDuration, isDue, toMs, type Duration, type Instant } from './time.ts';

/** The next instant at which a subscription acts by itself, and what it does then. */
export interface Due {
  type:
    | 'trial_reminder'
    | 'trial_end'
    | 'renewal'
    | 'cancel'
    | 'dunning_retry'
    | 'grace_end'
    | 'incomplete_expiry'
    | 'reconcile';
  at: Instant;
}

const ASK_AFTER: Duration[] = ['PT2H', 'PT6H', 'P1D', 'P3D'];
const ASK_AT_MOST = 30;

/** The earliest of what lies ahead (or is overdue), or undefined when only a message can move this subscription. */
export function due(state: State, now: Instant): Due | undefined {
  const all = [...timersOf(state, now), ...collectionOf(state)];
  return all.toSorted((a, b) => toMs(a.at) - toMs(b.at))[0];
}

/** What is due whoever collects. */
function timersOf(state: State, now: Instant): Due[] {
  // Who has cancelled is not told that the trial is about to end.
  if (state.status === 'trialing' && !state.cancel && !isDue(state.trial.end, now)) {
    return openReminders(state).map((at) => ({ type: 'trial_reminder', at }));
  }
  if (state.status === 'past_due' && !state.revoked) {
    return [{ type: 'grace_end', at: graceEnd(state.since) }];
  }
  return [];
}

function collectionOf(state: State): Due[] {
  if (hasEnded(state)) return [];
  const expected = state.collection === 'self' ? ownNext(state) : providersNext(state);
  return expected === undefined ? [] : [expected];
}

/** Self mode: what we do next; a cancellation comes before anything that would charge. */
function ownNext(state: State): Due | undefined {
  const next = ownCharge(state);
  const { cancel } = state;
  if (cancel && (next === undefined || toMs(cancel.at) <= toMs(next.at))) {
    return { type: 'cancel', at: cancel.at };
  }
  return next;
}

function ownCharge(state: State): Due | undefined {
  switch (state.status) {
    case 'trialing':
      return { type: 'trial_end', at: state.trial.end };
    case 'active':
      return { type: 'renewal', at: state.period.end };
    case 'incomplete':
      return { type: 'incomplete_expiry', at: incompleteEnd(state.since) };
    case 'past_due': {
      const at = nextRetry(state.since, state.attempt);
      return at === undefined ? undefined : { type: 'dunning_retry', at };
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
