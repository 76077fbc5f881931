import { expect, it } from 'vitest';

import { readEvents, renderEvents } from '../../docs/events.ts';

it('docs/events.md says what the schemas say (npm run docs writes it)', () => {
  expect(readEvents()).toBe(renderEvents());
});
