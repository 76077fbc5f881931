import { readFileSync } from 'node:fs';

import { expect, it } from 'vitest';

import { FUNCTION_NAMES } from '../../functions/manifest.ts';
import { readConfig } from '../../worker/config.ts';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');

it('docs/configuration.md says what the worker cannot be without', () => {
  let complaint = '';
  try {
    readConfig({});
  } catch (error) {
    complaint = (error as Error).message;
  }
  const wanted = [...complaint.matchAll(/→ at ([A-Z_]+)/g)].map(([, name]) => name);
  const needed = page.split('\n').filter((line) => /\| needed +\|/.test(line));
  const told = needed.flatMap((line) => [...line.split('needed')[0]!.matchAll(/`([A-Z_]+)`/g)]);
  expect(new Set(told.map(([, name]) => name))).toEqual(new Set(wanted));
});

it('docs/configuration.md has every function', () => {
  for (const name of FUNCTION_NAMES) expect(page).toContain(`\`${name}\``);
});
