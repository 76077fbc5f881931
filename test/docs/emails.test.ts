import { existsSync } from 'node:fs';

import { expect, it } from 'vitest';

import { readEmails, renderEmails } from '../../docs/emails.ts';
import { EMAIL_TYPES } from '../../workflows/domain/email-types.ts';

it('docs/emails.md says what the code says (npm run docs writes it)', () => {
  expect(readEmails()).toBe(renderEmails());
});

it.each(EMAIL_TYPES)('there is a picture of %s (npm run emails:pictures takes it)', (type) => {
  const url = new URL(`../../docs/pictures/${type}.png`, import.meta.url);
  expect(existsSync(url)).toBe(true);
});
