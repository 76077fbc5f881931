import { existsSync, readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/temporal-features.md', root), 'utf8');

const rows = page
  .split('\n')
  .filter((line) => /^\| .*`test\//.test(line))
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .map(([, what = '', files = '', shown = '']) => ({ what, files, shown }));

describe('docs/temporal-features.md', () => {
  it.each(rows)('names a file and a test that there are: $what', ({ files, shown }) => {
    for (const [, path] of files.matchAll(/`([^`]+)`/g)) {
      expect([path, existsSync(new URL(path!, root))]).toEqual([path, true]);
    }
    const [, path = '', words = ''] = /^`([^`]+)`: (.+)$/.exec(shown) ?? [];
    expect(readFileSync(new URL(path, root), 'utf8')).toContain(words);
  });

  it('has a row for every workflow', () => {
    const index = readFileSync(new URL('workflows/index.ts', root), 'utf8');
    for (const [, file] of index.matchAll(/from '\.\/(.+)'/g)) {
      expect(page).toContain(`workflows/${file}`);
    }
  });
});
