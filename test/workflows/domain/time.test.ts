import { describe, expect, it } from 'vitest';

import {
  addDuration,
  addMonths,
  fromUnix,
  isDue,
  parseDuration,
} from '../../../workflows/domain/time.ts';

describe('a duration', () => {
  it.each([
    ['P7D', 0, 7 * 86_400_000],
    ['PT2H', 0, 7_200_000],
    ['P1W', 0, 604_800_000],
    ['P1M', 1, 0],
    ['P1Y6M', 18, 0],
    ['P1DT1H1M1S', 0, 86_400_000 + 3_661_000],
    ['PT0S', 0, 0],
  ])('%s is %i months and %i ms', (text, months, ms) => {
    expect(parseDuration(text)).toEqual({ months, ms });
  });

  it.each(['', 'P', 'PT', '7D', 'P7', 'P-1D', 'P1.5D', 'p7d', 'P1H', 'P1D '])(
    'is not "%s"',
    (text) => {
      expect(() => parseDuration(text)).toThrow(/is not an ISO-8601 duration/);
    },
  );

  it('is added to an instant, and taken from it', () => {
    expect(addDuration('2026-11-20T10:00:00.000Z', 'P1DT2H')).toBe('2026-11-21T12:00:00.000Z');
    expect(addDuration('2026-11-20T10:00:00.000Z', 'P7D', -1)).toBe('2026-11-13T10:00:00.000Z');
    expect(addDuration('2027-03-31T10:00:00.000Z', 'P1M', -1)).toBe('2027-02-28T10:00:00.000Z');
  });
});

describe('months', () => {
  it('keep the day, clamped to the end of the month', () => {
    expect(addMonths('2024-01-31T23:59:59.999Z', 1)).toBe('2024-02-29T23:59:59.999Z');
    expect(addMonths('2025-01-31T00:00:00.000Z', 1)).toBe('2025-02-28T00:00:00.000Z');
    expect(addMonths('2026-11-30T00:00:00.000Z', 3)).toBe('2027-02-28T00:00:00.000Z');
    expect(addMonths('2026-12-15T00:00:00.000Z', 1)).toBe('2027-01-15T00:00:00.000Z');
    expect(addMonths('2027-01-15T00:00:00.000Z', -1)).toBe('2026-12-15T00:00:00.000Z');
  });
});

it('Unix seconds are instants', () => {
  expect(fromUnix(1_795_170_000)).toBe('2026-11-20T10:20:00.000Z');
});

it('an instant is due from itself on', () => {
  expect(isDue('2026-11-20T10:00:00.000Z', '2026-11-20T10:00:00.000Z')).toBe(true);
  expect(isDue('2026-11-20T10:00:00.001Z', '2026-11-20T10:00:00.000Z')).toBe(false);
});
