import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';

import { boundary, INTERVALS, periodAt, type Cadence } from '../../../workflows/domain/calendar.ts';
import { fromMs, toMs } from '../../../workflows/domain/time.ts';
import { ZONES } from '../../support/zones.ts';

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

/** An instant as the clocks of a zone show it, e.g. `2027-03-14T03:30:00-04:00`. */
const shown = (instant: string, zone: string): string =>
  Temporal.Instant.from(instant).toZonedDateTimeISO(zone).toString({ timeZoneName: 'never' });

describe('a boundary in a zone', () => {
  it.each([
    {
      of: 'a month that ends in a gap',
      zone: 'America/New_York',
      anchor: '2027-01-14T02:30:00-05:00',
      cadence: { interval: 'month' },
      expected: [
        '2027-02-14T02:30:00-05:00',
        '2027-03-14T03:30:00-04:00',
        '2027-04-14T02:30:00-04:00',
      ],
    },
    {
      of: 'days across a gap',
      zone: 'America/New_York',
      anchor: '2027-03-12T02:30:00-05:00',
      cadence: { interval: 'day' },
      expected: [
        '2027-03-13T02:30:00-05:00',
        '2027-03-14T03:30:00-04:00',
        '2027-03-15T02:30:00-04:00',
      ],
    },
    {
      of: 'a month that ends in an overlap',
      zone: 'Europe/Berlin',
      anchor: '2027-08-31T02:30:00+02:00',
      cadence: { interval: 'month', intervalCount: 2 },
      expected: [
        '2027-10-31T02:30:00+02:00',
        '2027-12-31T02:30:00+01:00',
        '2028-02-29T02:30:00+01:00',
      ],
    },
    {
      of: 'days across an overlap',
      zone: 'Europe/Berlin',
      anchor: '2027-10-30T02:30:00+02:00',
      cadence: { interval: 'day' },
      expected: ['2027-10-31T02:30:00+02:00', '2027-11-01T02:30:00+01:00'],
    },
    {
      of: 'days from the second hour of an overlap on',
      zone: 'Europe/Berlin',
      anchor: '2027-10-31T02:30:00+01:00',
      cadence: { interval: 'day' },
      expected: ['2027-11-01T02:30:00+01:00'],
    },
    {
      of: 'weeks across a gap of half an hour',
      zone: 'Australia/Lord_Howe',
      anchor: '2027-09-26T02:15:00+10:30',
      cadence: { interval: 'week' },
      expected: ['2027-10-03T02:45:00+11:00', '2027-10-10T02:15:00+11:00'],
    },
    {
      of: 'months in which the local day is not that of UTC',
      zone: 'Asia/Kathmandu',
      anchor: '2024-01-31T00:00:00+05:45',
      cadence: { interval: 'month' },
      expected: ['2024-02-29T00:00:00+05:45', '2024-03-31T00:00:00+05:45'],
    },
    {
      of: 'days across one that is skipped',
      zone: 'Pacific/Apia',
      anchor: '2011-12-29T09:00:00-10:00',
      cadence: { interval: 'day' },
      expected: [
        '2011-12-31T09:00:00+14:00',
        '2011-12-31T09:00:00+14:00',
        '2012-01-01T09:00:00+14:00',
      ],
    },
    {
      of: 'a month that ends on a skipped day',
      zone: 'Pacific/Apia',
      anchor: '2011-11-30T09:00:00-10:00',
      cadence: { interval: 'month' },
      expected: ['2011-12-31T09:00:00+14:00', '2012-01-30T09:00:00+14:00'],
    },
  ] as const)('$of, $zone', ({ zone, anchor, cadence, expected }) => {
    const from = fromMs(toMs(anchor));
    expect(boundary(from, cadence, 0, zone)).toBe(from);
    expect(expected.map((_, i) => shown(boundary(from, cadence, i + 1, zone), zone))).toEqual(
      expected,
    );
  });
});

describe('a period in a zone', () => {
  const period = (zone: string, anchor: string, at: string): string[] => {
    const { start, end } = periodAt(fromMs(toMs(anchor)), { interval: 'day' }, at, zone);
    return [shown(start, zone), shown(end, zone)];
  };

  it('that begins in a gap has not begun when the clocks have jumped over its beginning', () => {
    const anchor = '2027-03-12T02:30:00-05:00';
    expect(period('America/New_York', anchor, '2027-03-14T03:29:59.999-04:00')).toEqual([
      '2027-03-13T02:30:00-05:00',
      '2027-03-14T03:30:00-04:00',
    ]);
    expect(period('America/New_York', anchor, '2027-03-14T03:30:00-04:00')).toEqual([
      '2027-03-14T03:30:00-04:00',
      '2027-03-15T02:30:00-04:00',
    ]);
  });

  it('that begins in an overlap begins once, and goes on while the hour is shown again', () => {
    const anchor = '2027-10-29T02:30:00+02:00';
    const begun = ['2027-10-31T02:30:00+02:00', '2027-11-01T02:30:00+01:00'];
    expect(period('Europe/Berlin', anchor, '2027-10-31T02:29:59.999+02:00')).toEqual([
      '2027-10-30T02:30:00+02:00',
      '2027-10-31T02:30:00+02:00',
    ]);
    expect(period('Europe/Berlin', anchor, '2027-10-31T02:30:00+02:00')).toEqual(begun);
    expect(period('Europe/Berlin', anchor, '2027-10-31T02:10:00+01:00')).toEqual(begun);
    expect(period('Europe/Berlin', anchor, '2027-10-31T02:50:00+01:00')).toEqual(begun);
  });

  it('is the first one from the anchor on, in whichever showing of an hour the anchor lies', () => {
    for (const offset of ['+02:00', '+01:00']) {
      const anchor = `2027-10-31T02:30:00${offset}`;
      expect(period('Europe/Berlin', anchor, '2027-10-31T02:30:00+01:00')).toEqual([
        anchor,
        '2027-11-01T02:30:00+01:00',
      ]);
    }
    expect(
      period('Europe/Berlin', '2027-10-31T02:30:00+02:00', '2027-10-31T02:10:00+01:00'),
    ).toEqual(['2027-10-31T02:30:00+02:00', '2027-11-01T02:30:00+01:00']);
  });

  it('does not exist for a day that the zone skips', () => {
    const anchor = '2011-12-28T09:00:00-10:00';
    const eve = ['2011-12-29T09:00:00-10:00', '2011-12-31T09:00:00+14:00'];
    expect(period('Pacific/Apia', anchor, '2011-12-29T23:59:59.999-10:00')).toEqual(eve);
    expect(period('Pacific/Apia', anchor, '2011-12-31T08:59:59.999+14:00')).toEqual(eve);
    expect(period('Pacific/Apia', anchor, '2011-12-31T09:00:00+14:00')).toEqual([
      '2011-12-31T09:00:00+14:00',
      '2012-01-01T09:00:00+14:00',
    ]);
  });

  it('is refused for a zone that does not exist', () => {
    expect(() => period('Mars/Olympus', '2027-01-01T00:00:00Z', '2027-01-02T00:00:00Z')).toThrow(
      /Mars\/Olympus/,
    );
  });
});

const anchors = fc
  .date({ min: new Date('2000-01-01'), max: new Date('2040-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString());
const cadences = fc.record({
  interval: fc.constantFrom(...INTERVALS),
  intervalCount: fc.integer({ min: 1, max: 12 }),
});
const zones = fc.constantFrom(undefined, ...ZONES);

/** An anchor of which the first boundaries meet a change of the offset. */
const anchorsNearChanges = fc
  .tuple(
    fc.constantFrom(...ZONES),
    anchors,
    fc.integer({ min: -3, max: 0 }),
    fc.integer({ min: -1500, max: 1500 }),
  )
  .map(([zone, from, away, minutes]) => {
    const zoned = Temporal.Instant.from(from).toZonedDateTimeISO(zone);
    const change = zoned.getTimeZoneTransition('previous') ?? zoned;
    return { zone, anchor: fromMs(change.add({ days: away }).add({ minutes }).epochMilliseconds) };
  });
/** Anything, and as often short periods that meet a change. */
const anyCase = fc.oneof(
  fc.record({ zone: zones, anchor: anchors, cadence: cadences }),
  fc
    .tuple(anchorsNearChanges, fc.constantFrom<Cadence>({ interval: 'day' }, { interval: 'week' }))
    .map(([near, cadence]) => ({ ...near, cadence })),
);

describe('for any anchor, cadence and zone', () => {
  it('boundaries are what an independent calendar says', () => {
    fc.assert(
      fc.property(anyCase, fc.nat({ max: 200 }), fc.boolean(), (any, many, few) => {
        const { zone, anchor, cadence } = any;
        const index = few ? many % 5 : many;
        const unit = cadence.interval === 'quarter' ? 'months' : (`${cadence.interval}s` as const);
        const steps =
          index * (cadence.intervalCount ?? 1) * (cadence.interval === 'quarter' ? 3 : 1);
        const expected = Temporal.Instant.from(anchor)
          .toZonedDateTimeISO(zone ?? 'UTC')
          .add({ [unit]: steps }).epochMilliseconds;
        expect(toMs(boundary(anchor, cadence, index, zone))).toBe(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('periods tile time: every instant lies in one, and the next begins where it ends', () => {
    const tenYears = 10 * 366 * 86_400_000;
    const fourDays = 4 * 86_400_000;
    const since = fc.oneof(fc.nat({ max: tenYears }), fc.nat({ max: fourDays }));
    fc.assert(
      fc.property(anyCase, since, ({ zone, anchor, cadence }, ms) => {
        const at = fromMs(toMs(anchor) + ms);
        const { start, end } = periodAt(anchor, cadence, at, zone);
        expect(toMs(start)).toBeLessThanOrEqual(toMs(at));
        expect(toMs(end)).toBeGreaterThan(toMs(at));
        expect(periodAt(anchor, cadence, start, zone)).toEqual({ start, end });
        expect(periodAt(anchor, cadence, fromMs(toMs(end) - 1), zone)).toEqual({ start, end });
        expect(periodAt(anchor, cadence, end, zone).start).toBe(end);
      }),
      { numRuns: 500 },
    );
  });

  it('ten years of periods are the stretches between the boundaries', () => {
    fc.assert(
      fc.property(anyCase, ({ zone, anchor, cadence }) => {
        const end = fromMs(toMs(anchor) + 10 * 366 * 86_400_000);
        let index = 0;
        let at = anchor;
        while (toMs(at) < toMs(end)) {
          const period = periodAt(anchor, cadence, at, zone);
          // A period that would be empty is passed over.
          do index += 1;
          while (boundary(anchor, cadence, index, zone) === at);
          expect(period).toEqual({ start: at, end: boundary(anchor, cadence, index, zone) });
          at = period.end;
        }
      }),
      { numRuns: 30 },
    );
  }, 20_000);

  it('UTC by name is the calendar without a zone, and so is a zone that never leaves it', () => {
    fc.assert(
      fc.property(anchors, cadences, fc.nat({ max: 200 }), (anchor, cadence, index) => {
        const plain = boundary(anchor, cadence, index);
        for (const zone of ['UTC', 'Etc/UTC']) {
          expect(boundary(anchor, cadence, index, zone)).toBe(plain);
          expect(periodAt(anchor, cadence, plain, zone)).toEqual(periodAt(anchor, cadence, plain));
        }
      }),
    );
  });
});
