import type { Period } from './calendar.ts';
import type { QuietHours } from './policy.ts';
import type { Customer, State } from './state.ts';
import { addDays, isDue, type Instant } from './time.ts';
import { fromWallClock, toWallClock } from './zone.ts';

type Recipient = Pick<State, 'policy'> & { customer: Pick<Customer, 'timezone'> };

/** The quiet hours of the recipient that hold `at`, if there are any. */
export function quietAround({ policy, customer }: Recipient, at: Instant): Period | undefined {
  const quiet = policy?.quietHours;
  return quiet && hoursAround(quiet, customer.timezone ?? quiet.zone ?? 'UTC', at);
}

function hoursAround({ from, to }: QuietHours, zone: string, at: Instant): Period | undefined {
  const shown = toWallClock(at, zone);
  const time = shown.slice(11, 16);
  const isOverMidnight = from > to;
  const isQuiet = isOverMidnight ? time >= from || time < to : time >= from && time < to;
  if (!isQuiet) return undefined;
  const began = isOverMidnight && time < to ? addDays(shown, -1) : shown;
  const ends = isOverMidnight && time >= from ? addDays(shown, 1) : shown;
  const on = (day: Instant, hour: string): Instant =>
    fromWallClock(`${day.slice(0, 10)}T${hour}:00.000Z`, zone);
  const [start, end] = [on(began, from), on(ends, to)];
  // Where clocks are put back, an hour that was quiet shows again after the end; where they skip, a start may be skipped.
  if (isDue(end, at)) return undefined;
  return { start: isDue(start, at) ? start : at, end };
}

/** What has to be there by `at` goes out before quiet hours that hold it begin. */
export const beforeQuiet = (recipient: Recipient, at: Instant): Instant =>
  quietAround(recipient, at)?.start ?? at;
