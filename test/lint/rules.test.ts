import { spawnSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const fixtures = fileURLToPath(new URL('fixtures', import.meta.url));
const checkout = mkdtempSync(join(tmpdir(), 'perennial-lint-'));

/** Every fixture says in its first line where it would stand, and which rule has to reject it. */
const cases = readdirSync(fixtures).map((name) => {
  const [, path, rule] = /^\/\/ (\S+) is rejected by (\S+)/.exec(
    readFileSync(join(fixtures, name), 'utf8'),
  )!;
  return { name, path: path!, rule: rule! };
});

const folders = [...new Set(cases.map(({ path }) => path.split('/')[0]!))];

let complaints: { filename: string; code: string }[] = [];

beforeAll(() => {
  for (const { name, path } of cases) {
    mkdirSync(dirname(join(checkout, path)), { recursive: true });
    cpSync(join(fixtures, name), join(checkout, path));
  }
  for (const file of ['.oxlintrc.json', 'tsconfig.json', 'package.json']) {
    cpSync(join(root, file), join(checkout, file));
  }
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  const { stdout } = spawnSync(
    join(root, 'node_modules/.bin/oxlint'),
    ['--format=json', ...folders],
    {
      cwd: checkout,
      encoding: 'utf8',
    },
  );
  complaints = (JSON.parse(stdout) as { diagnostics: typeof complaints }).diagnostics;
}, 60_000);
afterAll(() => rmSync(checkout, { recursive: true, force: true }));

describe('the linter', () => {
  it.each(cases)('rejects $name by $rule', ({ path, rule }) => {
    const codes = complaints.filter(({ filename }) => filename === path).map(({ code }) => code);
    expect(codes).toContain(rule);
  });
});
