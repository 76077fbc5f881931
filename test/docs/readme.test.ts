import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { FUNCTIONS } from '../../functions/manifest.ts';
import { SCENARIOS } from '../../local/scenarios/index.ts';

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const page = read('../../README.md');
const jobs = read('../../docs/jobs.md');

describe('the README', () => {
  it('names every story', () => {
    for (const name of Object.keys(SCENARIOS))
      expect(page).toMatch(new RegExp(`\`${name}\`|${name}:`));
  });

  it('names every route, or has its guide to jobs name it, and requests by their last part', () => {
    const routes = Object.values(FUNCTIONS).flatMap(({ routes: own }): readonly string[] => own);
    for (const route of routes) {
      const request = /^POST \/api\/subscriptions\/\{id\}\/(?!clock$)(.+)$/.exec(route)?.[1];
      expect(page + jobs).toContain(`\`${request ?? route}\``);
    }
  });
});
