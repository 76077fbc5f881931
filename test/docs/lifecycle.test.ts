import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { pathOf, REQUEST_BODIES } from '../../functions/shared/requests.ts';
import { DEFAULTS } from '../../workflows/domain/policy.ts';
import { REQUEST_TYPES } from '../../workflows/domain/requests.ts';
import { STATUSES } from '../../workflows/domain/state.ts';
import { parseDuration, type Duration } from '../../workflows/domain/time.ts';

const page = readFileSync(new URL('../../docs/lifecycle.md', import.meta.url), 'utf8');

/** The rows of the first table of a chapter, as lists of cells. */
function rowsOf(chapter: string): string[][] {
  const [, text = ''] = page.split(`\n## ${chapter}\n`);
  const [, table = ''] = /((?:^\|.*\n)+)/m.exec(text) ?? [];
  const rows = table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return rows.slice(2);
}

const days = (duration: Duration): number => parseDuration(duration).ms / 86_400_000;

describe('docs/lifecycle.md', () => {
  it('names every status', () => {
    expect(rowsOf('States').map(([, name]) => name)).toEqual(
      STATUSES.map((status) => `\`${status}\``),
    );
  });

  it('names every request, with every field of its body', () => {
    const rows = rowsOf('Requests');
    const paths = rows.map(([, path]) => path).filter((path) => path !== '`change-plan/preview`');
    const all = REQUEST_TYPES.map((type) => `\`${pathOf(type)}\``);
    expect(new Set(paths)).toEqual(new Set(all));
    for (const type of REQUEST_TYPES) {
      const [, , body = ''] = rows.find(([, path]) => path === `\`${pathOf(type)}\``)!;
      for (const field of Object.keys(REQUEST_BODIES[type].shape)) {
        expect(body).toContain(`\`${field}\``);
      }
    }
  });

  it('has dunning on the days of the default policy', () => {
    const { retries, reminders, grace, finalNotice } = DEFAULTS.dunning;
    let day = 0;
    const tries = retries.map((wait) => (day += days(wait)));
    const all = [0, ...tries, ...reminders.map(days), days(grace), day - days(finalNotice)];
    const told = rowsOf('Dunning').map(([, on]) => Number(on));
    expect(told).toEqual(all.toSorted((a, b) => a - b));
  });
});
