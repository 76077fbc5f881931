/** How many have begun since when: what a rate is kept by. */
export interface Pace {
  since: number;
  begun: number;
}

const SECOND = 1000;

/** Milliseconds until another one may begin at a rate of so many a second. Whole seconds are waited for, as each wait costs a timer. */
export const waitFor = (pace: Pace, perSecond: number, nowMs: number): number =>
  pace.begun < perSecond ? 0 : Math.max(0, pace.since + SECOND - nowMs);

/** The pace once another one has begun. */
export const paced = (pace: Pace, nowMs: number): Pace =>
  nowMs - pace.since >= SECOND ? { since: nowMs, begun: 1 } : { ...pace, begun: pace.begun + 1 };
