import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { OUTBOUND_TYPES } from '../../worker/events/types.ts';

it('docs/outbound-events.md names every type that goes out, and no other', () => {
  const text = readFileSync(new URL('../../docs/outbound-events.md', import.meta.url), 'utf8');
  const [, table = ''] = text.split('\n## Types\n');
  const named = [...table.matchAll(/^\| `(\w+)`/gm)].map(
    ([, name]) => `perennial.subscription.${name}`,
  );
  expect(named).toEqual(OUTBOUND_TYPES);
});
