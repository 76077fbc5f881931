import { describe, expect, it } from 'vitest';

import { openReminders } from '../../../workflows/domain/reminders.ts';
import { addDays } from '../../../workflows/domain/time.ts';
import { T0, trialing } from '../../support/fixtures.ts';

const daysBeforeEnd = (length: number, end: string, reminders: string[]): number[] =>
  reminders.map((at) => (Date.parse(end) - Date.parse(at)) / 86_400_000);

describe('reminders of a trial', () => {
  it.each([
    [30, [7, 3]],
    [14, [7, 3]],
    [8, [7, 3]],
    [7, [3]],
    [4, [3]],
    [3, [1]],
    [2, [1]],
    [1, []],
    [0.5, []],
  ])('of %d days go out %j days before its end', (length, expected) => {
    const end = addDays(T0, length);
    const reminders = openReminders(trialing({ trial: { start: T0, end } }));
    expect(daysBeforeEnd(length, end, reminders)).toEqual(expected);
  });

  it.each([7, 14, 30])('of %d days that ends on 31 January are exact', (length) => {
    const end = '2027-01-31T00:00:00.000Z';
    const reminders = openReminders(trialing({ trial: { start: addDays(end, -length), end } }));
    expect(reminders).toEqual(
      length === 7
        ? ['2027-01-28T00:00:00.000Z']
        : ['2027-01-24T00:00:00.000Z', '2027-01-28T00:00:00.000Z'],
    );
  });

  it('follow the policy where it says otherwise', () => {
    const trial = { start: T0, end: addDays(T0, 8) };
    const policy = { trialReminders: ['P1D'] };
    expect(openReminders(trialing({ trial, policy }))).toEqual([addDays(T0, 7)]);
  });

  it('that would go out before the trial begins do not go out', () => {
    const trial = { start: T0, end: addDays(T0, 8) };
    const policy = { trialReminders: ['P30D', 'P8D', 'P2D'] };
    expect(openReminders(trialing({ trial, policy }))).toEqual([addDays(T0, 6)]);
  });

  it('that have been dealt with are not open any more', () => {
    expect(openReminders(trialing({ reminded: addDays(T0, 7) }))).toEqual([addDays(T0, 11)]);
  });
});
