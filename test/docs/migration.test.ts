import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';
import * as z from 'zod';

import { CLOUD_EVENTS } from '../../functions/shared/cloud-events.ts';
import { COLUMNS, describeColumns, FIELDS } from '../../tools/import/columns.ts';

type Schema = z.core.JSONSchema.JSONSchema;

const page = readFileSync(new URL('../../docs/migration.md', import.meta.url), 'utf8');
const imported = z.toJSONSchema(CLOUD_EVENTS['subscription.imported'], {
  io: 'input',
  unrepresentable: 'any',
});
const data = (imported.properties as Record<string, Schema>)['data']!;

/** The fields that are no objects; the policy is one column for all of it. */
function leaves(schema: Schema, prefix = '', isRequired = true): [string, boolean][] {
  return Object.entries((schema.properties ?? {}) as Record<string, Schema>).flatMap(
    ([name, field]): [string, boolean][] => {
      const path = `${prefix}${name}`;
      const isNeeded = isRequired && schema.required?.includes(name) === true;
      return field.properties && path !== 'policy'
        ? leaves(field, `${path}.`, isNeeded)
        : [[path, isNeeded]];
    },
  );
}

describe('the columns of a CSV file', () => {
  it('are the fields of an import, each of them once', () => {
    expect(FIELDS.toSorted()).toEqual(
      ['subscription', ...leaves(data).map(([path]) => path)].toSorted(),
    );
  });

  it('are required where the fields are', () => {
    const required = Object.values<{ field: string; isRequired?: true }>(COLUMNS)
      .filter(({ field, isRequired }) => isRequired && field !== 'subscription')
      .map(({ field }) => field);
    const needed = leaves(data).flatMap(([path, isNeeded]) => (isNeeded ? [path] : []));
    expect(required.toSorted()).toEqual(needed.toSorted());
  });

  it('are described in docs/migration.md', () => {
    const plain = (text: string): string[] =>
      text.split('\n').map((line) => line.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---'));
    const rows = plain(describeColumns());
    const shown = plain(page);
    const start = shown.indexOf(rows[0]!);
    expect(shown.slice(start, start + rows.length)).toEqual(rows);
  });
});

it('every command of docs/migration.md is a script', () => {
  const { scripts } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { scripts: Record<string, string> };
  const named = [...page.matchAll(/npm run ([\w-]+)/g)].map(([, name]) => name!);
  expect(named.length).toBeGreaterThan(0);
  for (const name of named) expect(scripts).toHaveProperty(name);
});
