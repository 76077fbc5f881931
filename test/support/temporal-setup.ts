// Vitest's global setup for the tests of workflows: one bundle and one test server executable, for all files.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { TestProject } from 'vitest/node';

import { findTestServer } from '../../local/temporal/test-server.ts';
import { bundleWorkflows } from '../../worker/bundle.ts';

declare module 'vitest' {
  interface ProvidedContext {
    workflowBundle: string;
    testServer: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  const folder = mkdtempSync(join(tmpdir(), 'perennial-workflows-'));
  const bundle = join(folder, 'workflows.cjs');
  const [testServer] = await Promise.all([
    findTestServer((line) => process.stdout.write(`${line}\n`)),
    bundleWorkflows().then((code) => writeFileSync(bundle, code)),
  ]);
  project.provide('workflowBundle', bundle);
  project.provide('testServer', testServer);
  return () => rmSync(folder, { recursive: true, force: true });
}
