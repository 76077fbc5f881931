import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { INTERVALS, type Period } from '../../../workflows/domain/calendar.ts';
import { due } from '../../../workflows/domain/due.ts';
import type { State } from '../../../workflows/domain/state.ts';
import { addMonths, fromMs, toMs } from '../../../workflows/domain/time.ts';
import { active, start } from '../../support/fixtures.ts';
import { when } from '../../support/given.ts';
import { ZONES } from '../../support/zones.ts';

const YEARS = 10;

const anchors = fc
  .integer({
    min: toMs('2008-01-01T00:00:00.000Z') / 1000,
    max: toMs('2030-01-01T00:00:00.000Z') / 1000,
  })
  .map((seconds) => fromMs(seconds * 1000));

const cadences = fc
  .record({ interval: fc.constantFrom(...INTERVALS), intervalCount: fc.constantFrom(1, 1, 2, 5) })
  // Ten years of single days take too long.
  .map(({ interval, intervalCount }) => ({
    interval,
    intervalCount: interval === 'day' ? intervalCount * 7 : intervalCount,
  }));

/** Renews for ten years, and tells every period that was paid for. */
async function renewals(first: State): Promise<Period[]> {
  const paid: Period[] = [];
  let state = first;
  for (;;) {
    if (!('period' in state) || !state.period) throw new Error(`it is ${state.status}`);
    paid.push(state.period);
    const { end } = state.period;
    if (toMs(end) > toMs(addMonths(paid[0]!.start, YEARS * 12))) return paid;
    const next = due(state, end)!;
    state = (await when(state, { type: 'due' }, next.at)).state!;
    if (next.type !== 'renewal' && next.type !== 'renewal_reminder') throw new Error(next.type);
    if (next.type === 'renewal_reminder') paid.pop();
  }
}

describe('for ten years of renewals', () => {
  it('periods follow each other without a gap and without overlap, and none is empty', async () => {
    await fc.assert(
      fc.asyncProperty(
        anchors,
        cadences,
        fc.constantFrom(undefined, ...ZONES),
        async (at, cadence, zone) => {
          const plan = { ...active().plan, ...cadence };
          const { trial: _none, ...request } = start({
            at,
            plan,
            ...(zone && { zone }),
          }) as Extract<ReturnType<typeof start>, { type: 'start' }>;
          const { state } = await when(undefined, request, at);
          const paid = await renewals(state!);
          expect(paid[0]!.start).toBe(at);
          const starts = paid.slice(1).map((period) => period.start);
          expect(starts).toEqual(paid.slice(0, -1).map((period) => period.end));
          expect(paid.filter((period) => toMs(period.end) <= toMs(period.start))).toEqual([]);
          expect(new Set(paid.map((period) => period.start)).size).toBe(paid.length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('a day of each month is the day of the anchor, or the last of a shorter month', async () => {
    await fc.assert(
      fc.asyncProperty(anchors, async (at) => {
        const { trial: _none, ...request } = start({ at }) as Extract<
          ReturnType<typeof start>,
          { type: 'start' }
        >;
        const { state } = await when(undefined, request, at);
        const paid = await renewals(state!);
        const day = Number(at.slice(8, 10));
        for (const [index, { start: from }] of paid.entries()) {
          expect(from).toBe(addMonths(at, index));
          expect(Number(from.slice(8, 10))).toBe(Math.min(day, daysIn(from)));
        }
      }),
      { numRuns: 40 },
    );
  });
});

const daysIn = (instant: string): number =>
  new Date(Date.UTC(Number(instant.slice(0, 4)), Number(instant.slice(5, 7)), 0)).getUTCDate();
