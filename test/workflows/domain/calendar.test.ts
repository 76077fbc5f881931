import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';

import { boundary, INTERVALS, periodAt, type Cadence } from '../../../workflows/domain/calendar.ts';
import { fromMs, toMs } from '../../../workflows/domain/time.ts';

const days = (anchor: string, cadence: Cadence, ...indexes: number[]): string[] =>
  indexes.map((index) => boundary(`${anchor}T12:00:00.000Z`, cadence, index).slice(0, 10));

describe('a boundary', () => {
  it.each([
    ['2024-01-31', { interval: 'month' }, ['2024-02-29', '2024-03-31', '2024-04-30']],
    ['2025-01-30', { interval: 'month' }, ['2025-02-28', '2025-03-30', '2025-04-30']],
    ['2024-11-30', { interval: 'quarter' }, ['2025-02-28', '2025-05-30', '2025-08-30']],
    ['2024-02-29', { interval: 'year' }, ['2025-02-28', '2026-02-28', '2027-02-28', '2028-02-29']],
    ['2026-11-20', { interval: 'week', intervalCount: 2 }, ['2026-12-04', '2026-12-18']],
    ['2026-12-31', { interval: 'day' }, ['2027-01-01', '2027-01-02']],
  ] as const)('from %s on, every %o', (anchor, cadence, expected) => {
    const indexes = expected.map((_, i) => i + 1);
    expect(days(anchor, cadence, ...indexes)).toEqual(expected);
  });
});

const anchors = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const cadences = fc.record({
  interval: fc.constantFrom(...INTERVALS),
  intervalCount: fc.integer({ min: 1, max: 12 }),
});

describe('for any anchor and cadence', () => {
  it('boundaries are what an independent calendar says', () => {
    fc.assert(
      fc.property(anchors, cadences, fc.integer({ min: 0, max: 200 }), (anchor, cadence, index) => {
        const { interval, intervalCount } = cadence;
        const unit = interval === 'quarter' ? 'months' : (`${interval}s` as const);
        const steps = index * intervalCount * (interval === 'quarter' ? 3 : 1);
        const expected = Temporal.Instant.from(anchor)
          .toZonedDateTimeISO('UTC')
          .add({ [unit]: steps }).epochMilliseconds;
        expect(toMs(boundary(anchor, cadence, index))).toBe(expected);
      }),
    );
  });

  it('periods tile time: every instant lies in one, and the next begins where it ends', () => {
    const tenYears = 10 * 366 * 86_400_000;
    fc.assert(
      fc.property(
        anchors,
        cadences,
        fc.integer({ min: 0, max: tenYears }),
        (anchor, cadence, ms) => {
          const at = fromMs(toMs(anchor) + ms);
          const { start, end } = periodAt(anchor, cadence, at);
          expect(toMs(start)).toBeLessThanOrEqual(toMs(at));
          expect(toMs(end)).toBeGreaterThan(toMs(at));
          expect(periodAt(anchor, cadence, end).start).toBe(end);
        },
      ),
    );
  });
});
