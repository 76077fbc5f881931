/** ISO-8601 UTC instant with milliseconds, `2026-11-20T10:00:00.000Z`: equal instants are equal strings, earlier ones sort first. */
export type Instant = string;

/** ISO-8601 duration of whole units, e.g. `P7D`, `PT2H`, `P1M`. */
export type Duration = string;

/** Milliseconds since the epoch. */
export const toMs = (instant: Instant): number => Date.parse(instant);

/** Milliseconds since the epoch, as an {@link Instant}. */
export const fromMs = (ms: number): Instant => new Date(ms).toISOString();

/** Unix seconds, the unit of Stripe's timestamps, as an {@link Instant}. */
export const fromUnix = (seconds: number): Instant => fromMs(seconds * 1000);

const DURATION =
  /^P(?=\d|T\d)(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Beyond any subscription, and well within what a date can hold. */
const LONGEST = 50 * 12 * 31 * DAY;

/** The two parts of a duration that do not convert into each other. Throws a RangeError on anything but ISO-8601, and on more than 50 years. */
export function parseDuration(duration: Duration): { months: number; ms: number } {
  const match = DURATION.exec(duration);
  if (match === null) {
    throw new RangeError(`"${duration}" is not an ISO-8601 duration such as P7D or PT2H`);
  }
  const [years = 0, months = 0, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = match
    .slice(1)
    .map((part) => Number(part ?? 0));
  const parsed = {
    months: years * 12 + months,
    ms: (weeks * 7 + days) * DAY + hours * HOUR + minutes * 60_000 + seconds * 1000,
  };
  if (parsed.months * 31 * DAY + parsed.ms > LONGEST) {
    throw new RangeError(`"${duration}" is longer than 50 years`);
  }
  return parsed;
}

/** `instant` plus (or, with `sign` -1, minus) `duration`; months keep the day of the month, clamped to the month's end. */
export function addDuration(instant: Instant, duration: Duration, sign: 1 | -1 = 1): Instant {
  const { months, ms } = parseDuration(duration);
  return fromMs(toMs(addMonths(instant, sign * months)) + sign * ms);
}

/** `instant` plus whole months in UTC, the day clamped to the month's end. */
export function addMonths(instant: Instant, months: number): Instant {
  const date = new Date(toMs(instant));
  const day = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(day, last));
  return date.toISOString();
}

/** `instant` plus whole days of 24 hours. */
export const addDays = (instant: Instant, days: number): Instant =>
  fromMs(toMs(instant) + days * DAY);

/** Whether `now` has reached `instant`. */
export const isDue = (instant: Instant, now: Instant): boolean => toMs(instant) <= toMs(now);
