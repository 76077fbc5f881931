import type { Trialing } from './state.ts';
import { addDuration, toMs, type Duration, type Instant } from './time.ts';

const DAY = 86_400_000;

/** How long before its end a trial of this length (milliseconds) is announced to end, unless the policy says otherwise. */
function defaultReminders(length: number): Duration[] {
  if (length > 7 * DAY) return ['P7D', 'P3D'];
  if (length > 3 * DAY) return ['P3D'];
  if (length > DAY) return ['P1D'];
  return [];
}

/** The instants at which reminders of this trial are still to go out, earliest first. */
export function openReminders({ trial, policy, reminded }: Trialing): Instant[] {
  const start = toMs(trial.start);
  const after = reminded === undefined ? start : Math.max(start, toMs(reminded));
  return (policy?.trialReminders ?? defaultReminders(toMs(trial.end) - start))
    .map((before) => addDuration(trial.end, before, -1))
    .filter((at) => toMs(at) > after)
    .toSorted();
}
