import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';

import { fromMs, toMs } from '../../../workflows/domain/time.ts';
import { fromWallClock, isZone, toWallClock } from '../../../workflows/domain/zone.ts';
import { ZONES } from '../../support/zones.ts';

describe('a zone', () => {
  it.each([
    ...ZONES,
    'UTC',
    'Etc/UTC',
    'Etc/GMT+5',
    'Asia/Calcutta',
    'EST5EDT',
    'CET',
    'America/Argentina/Buenos_Aires',
    'europe/berlin',
  ])('is %s', (name) => {
    expect(isZone(name)).toBe(true);
  });

  it.each([
    '',
    'Europe/Atlantis',
    'Europe/Berlin ',
    'local',
    'Z',
    '+02:00',
    '-0530',
    '+02',
    '\u221205:00',
    'UTC+2',
    'PST',
    'IST',
    'ist',
    'SystemV/EST5',
  ])('is not "%s"', (name) => {
    expect(isZone(name)).toBe(false);
  });
});

describe('the wall clock', () => {
  it.each([
    ['UTC', '2027-07-01T12:00:00.123Z', '2027-07-01T12:00:00.123Z'],
    ['Europe/Berlin', '2027-07-01T12:00:00.123Z', '2027-07-01T14:00:00.123Z'],
    ['Asia/Kathmandu', '2027-12-31T18:15:00.000Z', '2028-01-01T00:00:00.000Z'],
    ['America/St_Johns', '2027-01-01T03:29:59.999Z', '2026-12-31T23:59:59.999Z'],
    ['Australia/Lord_Howe', '2027-01-01T00:00:00.000Z', '2027-01-01T11:00:00.000Z'],
    // Until 1972, 44 minutes and 30 seconds behind.
    ['Africa/Monrovia', '1970-01-01T00:00:00.000Z', '1969-12-31T23:15:30.000Z'],
  ])('of %s at %s shows %s', (zone, instant, wallClock) => {
    expect(toWallClock(instant, zone)).toBe(wallClock);
    expect(fromWallClock(wallClock, zone)).toBe(instant);
  });

  it.each([
    ['America/New_York', '2027-03-14T02:30', '2027-03-14T03:30-04:00'],
    ['Europe/Berlin', '2027-03-28T02:00', '2027-03-28T03:00+02:00'],
    ['Australia/Lord_Howe', '2027-10-03T02:15', '2027-10-03T02:45+11:00'],
    ['America/Santiago', '2027-09-05T00:00', '2027-09-05T01:00-03:00'],
    ['Pacific/Apia', '2011-12-30T12:00', '2011-12-31T12:00+14:00'],
  ])('of %s skips %s, which comes later', (zone, wallClock, expected) => {
    expect(fromWallClock(`${wallClock}:00.000Z`, zone)).toBe(fromMs(toMs(expected)));
  });

  it.each([
    ['America/New_York', '2027-11-07T01:30', '2027-11-07T01:30-04:00'],
    ['Europe/Berlin', '2027-10-31T02:30', '2027-10-31T02:30+02:00'],
    ['Australia/Lord_Howe', '2027-04-04T01:45', '2027-04-04T01:45+11:00'],
  ])('of %s shows %s twice, and the first counts', (zone, wallClock, expected) => {
    expect(fromWallClock(`${wallClock}:00.000Z`, zone)).toBe(fromMs(toMs(expected)));
  });

  it('is what an independent calendar says, above all next to changes of the offset', () => {
    const instants = fc.date({
      min: new Date('1975-01-01'),
      max: new Date('2040-01-01'),
      noInvalidDate: true,
    });
    const minutes = fc.integer({ min: -1500, max: 1500 });
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), instants, minutes, (zone, date, off) => {
        const any = Temporal.Instant.fromEpochMilliseconds(date.getTime()).toZonedDateTimeISO(zone);
        const change = any.getTimeZoneTransition('next') ?? any;
        for (const zoned of [any, change.add({ minutes: off })]) {
          const wallClock = toWallClock(fromMs(zoned.epochMilliseconds), zone);
          expect(wallClock).toBe(
            `${zoned.toPlainDateTime().toString({ smallestUnit: 'millisecond' })}Z`,
          );
        }
        // Taken from the clocks of before the change, also those that a gap skips.
        const before = change.subtract({ nanoseconds: 1 }).offsetNanoseconds / 1e6;
        const plain = fromMs(change.epochMilliseconds + before + off * 60_000);
        const expected = Temporal.PlainDateTime.from(plain.slice(0, -1)).toZonedDateTime(zone);
        expect(toMs(fromWallClock(plain, zone))).toBe(expected.epochMilliseconds);
      }),
      { numRuns: 1000 },
    );
  });
});
