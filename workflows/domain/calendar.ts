import { addDays, addMonths, toMs, type Instant } from './time.ts';

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

/** Start of period `index`, always counted from the original anchor, so that a clamped month end never drifts. */
export function boundary(anchor: Instant, cadence: Cadence, index: number): Instant {
  const steps = index * (cadence.intervalCount ?? 1);
  switch (cadence.interval) {
    case 'day':
    case 'week':
      return addDays(anchor, steps * DAYS[cadence.interval]);
    case 'month':
    case 'quarter':
    case 'year':
      return addMonths(anchor, steps * MONTHS[cadence.interval]);
    default:
      return cadence.interval satisfies never;
  }
}

/** The period that holds `at`; `at` must not lie before the anchor. */
export function periodAt(anchor: Instant, cadence: Cadence, at: Instant): Period {
  const count = cadence.intervalCount ?? 1;
  const days =
    count *
    (cadence.interval === 'day' || cadence.interval === 'week'
      ? DAYS[cadence.interval]
      : MONTHS[cadence.interval] * DAYS_PER_MONTH);
  // No period is longer than `days`, so this guess is at or before the right one, and the loop is short.
  let index = Math.max(0, Math.floor((toMs(at) - toMs(anchor)) / (days * MS_PER_DAY)));
  while (toMs(boundary(anchor, cadence, index + 1)) <= toMs(at)) index += 1;
  return {
    start: boundary(anchor, cadence, index),
    end: boundary(anchor, cadence, index + 1),
  };
}
