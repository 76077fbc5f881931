import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { describe, expect, inject, it } from 'vitest';

import { quietRuntime } from '../support/quiet-runtime.ts';

quietRuntime();

const histories = fileURLToPath(new URL('../histories/', import.meta.url));

/** What each recorded history says to the workflows in a bundle: nothing when it replays, else the reason. */
async function replay(codePath: string): Promise<Record<string, string | undefined>> {
  const files = globSync('**/*.json', { cwd: histories }).toSorted();
  const recorded = files.map((file) => ({
    workflowId: file,
    history: historyFromJSON(JSON.parse(readFileSync(join(histories, file), 'utf8'))),
  }));
  const options = { workflowBundle: { codePath }, replayName: 'histories' };
  const verdicts: Record<string, string | undefined> = {};
  for await (const { workflowId, error } of Worker.runReplayHistories(options, recorded)) {
    verdicts[workflowId] = error?.name;
  }
  return verdicts;
}

describe('recorded histories', () => {
  it('replay on the workflows as they are now, every one', async () => {
    const verdicts = await replay(inject('workflowBundle'));
    expect(Object.keys(verdicts).length).toBeGreaterThanOrEqual(18);
    expect(Object.entries(verdicts).filter(([, error]) => error !== undefined)).toEqual([]);
  });

  it('do not replay on workflows that were changed without a patch', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'perennial-breaking-'));
    const codePath = join(folder, 'workflows.cjs');
    const { code } = await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('breaking-workflows.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR'),
    });
    writeFileSync(codePath, code);
    const verdicts = await replay(codePath);
    rmSync(folder, { recursive: true });
    const changed = Object.entries(verdicts).filter(([file]) =>
      /-(trial|subscription)\.json$/.test(file),
    );
    expect(new Set(changed.map(([, error]) => error))).toEqual(
      new Set(['DeterminismViolationError']),
    );
  });
});
