import { fromMs, toMs, type Instant } from './time.ts';

/** A name of the IANA time-zone database, e.g. `Europe/Berlin`. */
export type Zone = string;

/** What the clocks of a zone show, written as if it were UTC, so that the arithmetic of UTC serves it. */
export type WallClock = Instant;

const MS_PER_DAY = 86_400_000;

/** What engines take besides IANA names: offsets, and ICU's old names, of which `IST` or `CST` mean several places. */
const NOT_IANA =
  /^(?:[^A-Z]|SystemV\/|(?:A[CEGRS]|B[ES]|C[ANST]|E[AC]|I[ES]|JS|MI|N[ES]|P[LNRS]|SS|VS)T$)/i;

/** Whether the engine knows the IANA zone `name`, in any case of letters. Caches nothing: the edges ask it about foreign input. */
export function isZone(name: string): boolean {
  if (NOT_IANA.test(name)) return false;
  try {
    formatter(name);
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What the clocks of `zone` show at `instant`. */
export const toWallClock = (instant: Instant, zone: Zone): WallClock =>
  fromMs(toMs(instant) + offset(toMs(instant), zone));

/**
 * When the clocks of `zone` show `wallClock`. What they skip comes later by what they skip, what
 * they show twice is meant the first time.
 */
export function fromWallClock(wallClock: WallClock, zone: Zone): Instant {
  const shown = toMs(wallClock);
  // No offset reaches a day, so this one was in force before any change that touches `shown`.
  const before = offset(shown - MS_PER_DAY, zone);
  const early = shown - before;
  const after = offset(early, zone);
  if (after === before) return fromMs(early);
  const late = shown - after;
  return fromMs(offset(late, zone) === after ? late : early);
}

// Making a formatter takes some 40 times as long as using it.
const formatters = new Map<Zone, Intl.DateTimeFormat>();

// The offset says it all, and is quicker to write and to read than a date and time of day.
const formatter = (zone: Zone): Intl.DateTimeFormat =>
  new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });

const LONG_OFFSET = /GMT(?:([+\-\u2212])(\d\d):(\d\d)(?::(\d\d))?)?$/;

/** How far, in milliseconds, the clocks of `zone` are ahead of UTC at `ms`. */
function offset(ms: number, zone: Zone): number {
  let format = formatters.get(zone);
  if (format === undefined) {
    format = formatter(zone);
    formatters.set(zone, format);
  }
  const text = format.format(ms);
  const match = LONG_OFFSET.exec(text);
  if (match === null) throw new Error(`"${text}" shows no offset from UTC for ${zone}`);
  const [, sign, hours = 0, minutes = 0, seconds = 0] = match;
  const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return sign === undefined || sign === '+' ? size : -size;
}
