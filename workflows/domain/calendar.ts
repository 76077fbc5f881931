import { addDays, addMonths, toMs, type Instant } from './time.ts';
import { fromWallClock, toWallClock, type WallClock, type Zone } from './zone.ts';

/** `quarter` is three months. */
export const INTERVALS = ['day', 'week', 'month', 'quarter', 'year'] as const;

/** How often a plan renews. */
export interface Cadence {
  interval: (typeof INTERVALS)[number];
  /** Intervals in one period; 1 when absent. */
  intervalCount?: number;
}

/** Half-open stretch of time: `start` is in it, `end` is not. */
export interface Period {
  start: Instant;
  end: Instant;
}

const DAYS = { day: 1, week: 7 } as const;
const MONTHS = { month: 1, quarter: 3, year: 12 } as const;
const DAYS_PER_MONTH = 31;
const MS_PER_DAY = 86_400_000;

/**
 * Start of period `index`, always counted from the original anchor, so that a clamped month end
 * never drifts. In UTC unless there is a zone: then with the date and time of day that the anchor
 * has there. A boundary in a day that the zone skips as a whole (Pacific/Apia, 30 December 2011)
 * moves to the day after; of a daily cadence it meets the next one, and the period between is empty.
 *
 * Time-zone data come with the engine and may change between a run and its replay. So what counts is
 * carried in state as instants (the anchor, the current period), and only boundaries ahead are
 * computed. Still, a replay computes again what its own history once did: data that move a boundary
 * which open histories have passed must be rolled out like a change of workflow code.
 */
export const boundary = (anchor: Instant, cadence: Cadence, index: number, zone?: Zone): Instant =>
  series(anchor, cadence, zone).start(index);

/**
 * The period that holds `at`; `at` must not lie before the anchor. It is never empty: nobody is
 * charged for a day that the zone skips.
 */
export function periodAt(
  anchor: Instant,
  cadence: Cadence,
  at: Instant,
  zone: Zone = 'UTC',
): Period {
  const { wallClock, start } = series(anchor, cadence, zone);
  if (zone === 'UTC') {
    const index = indexAt(wallClock, cadence, at);
    return { start: start(index), end: start(index + 1) };
  }
  // Wall clocks find the period without asking the zone at every step; where they jump, they may be one off.
  let index = indexAt(wallClock, cadence, toWallClock(at, zone));
  let period = { start: start(index), end: start(index + 1) };
  while (index > 0 && toMs(period.start) > toMs(at)) {
    index -= 1;
    period = { start: start(index), end: period.start };
  }
  while (toMs(period.end) <= toMs(at)) {
    index += 1;
    period = { start: period.end, end: start(index + 1) };
  }
  return period;
}

/** The boundaries of one subscription, and the wall clock of its anchor. */
function series(
  anchor: Instant,
  cadence: Cadence,
  zone: Zone = 'UTC',
): { wallClock: WallClock; start: (index: number) => Instant } {
  if (zone === 'UTC') {
    return { wallClock: anchor, start: (index) => step(anchor, cadence, index) };
  }
  const wallClock = toWallClock(anchor, zone);
  return {
    wallClock,
    // The anchor is its own boundary, also where its wall clock shows for the second time.
    start: (index) =>
      index === 0 ? step(anchor, cadence, 0) : fromWallClock(step(wallClock, cadence, index), zone),
  };
}

/** `from` plus `index` periods, in the calendar of UTC. */
function step(from: Instant, cadence: Cadence, index: number): Instant {
  const steps = index * (cadence.intervalCount ?? 1);
  switch (cadence.interval) {
    case 'day':
    case 'week':
      return addDays(from, steps * DAYS[cadence.interval]);
    case 'month':
    case 'quarter':
    case 'year':
      return addMonths(from, steps * MONTHS[cadence.interval]);
    default:
      return cadence.interval satisfies never;
  }
}

/** Index of the period that holds `at`, in the calendar of UTC. */
function indexAt(from: Instant, cadence: Cadence, at: Instant): number {
  const count = cadence.intervalCount ?? 1;
  const days =
    count *
    (cadence.interval === 'day' || cadence.interval === 'week'
      ? DAYS[cadence.interval]
      : MONTHS[cadence.interval] * DAYS_PER_MONTH);
  // No period is longer than `days`, so this guess is at or before the right one, and the loop is short.
  let index = Math.max(0, Math.floor((toMs(at) - toMs(from)) / (days * MS_PER_DAY)));
  while (toMs(step(from, cadence, index + 1)) <= toMs(at)) index += 1;
  return index;
}

/**
 * The period that follows at `from`, the end of the one before. It begins there also when time-zone data have moved the
 * boundary since, so that nothing is paid for twice.
 */
export function nextPeriod(anchor: Instant, cadence: Cadence, from: Instant, zone?: Zone): Period {
  const { start, end } = periodAt(anchor, cadence, from, zone);
  if (start === from) return { start, end };
  const isMoved = toMs(end) - toMs(from) < (toMs(end) - toMs(start)) / 2;
  return { start: from, end: isMoved ? periodAt(anchor, cadence, end, zone).end : end };
}
