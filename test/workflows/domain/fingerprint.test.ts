import * as fc from 'fast-check';
import { expect, it } from 'vitest';

import { fingerprint, remember, wasSeen } from '../../../workflows/domain/fingerprint.ts';

it('what is remembered was seen, until many others have come', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 40 }), (ids) => {
      const seen = ids.reduce<string[]>(remember, []);
      expect(seen.length).toBe(Math.min(ids.length, 24));
      for (const id of ids.slice(-24)) expect(wasSeen(seen, id)).toBe(true);
      for (const id of ids.slice(0, -24)) expect(wasSeen(seen, id)).toBe(false);
    }),
  );
});

it('is short, and stands for one id', () => {
  const ids = Array.from({ length: 100_000 }, (_, i) => `evt_${i}`);
  const prints = new Set(ids.map(fingerprint));
  expect(prints.size).toBe(ids.length);
  expect(Math.max(...[...prints].map(({ length }) => length))).toBeLessThanOrEqual(11);
});

it('of what comes again stays the newest', () => {
  const seen = ['a', 'b', 'a'].reduce<string[]>(remember, []);
  expect(seen).toEqual([fingerprint('b'), fingerprint('a')]);
});
