import { expect, it } from 'vitest';

import { readPolicy, renderPolicy } from '../../docs/policy.ts';

it('docs/policy.md says what the schema and the defaults say (npm run docs writes it)', () => {
  expect(readPolicy()).toBe(renderPolicy());
});
