// `npm run histories`: plays every scenario on a real server and keeps each run's history in test/histories, for the replay
// test. Histories of earlier versions stay: they stand for the workflows that are still open somewhere.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';

import { WorkflowClient } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';

import { StackClient } from '../../local/client.ts';
import { runWithStack, say } from '../../local/run.ts';
import { SCENARIOS } from '../../local/scenarios/index.ts';
import { Story } from '../../local/scenarios/scenario.ts';
import { withConnection } from '../../local/temporal/temporal.ts';
import manifest from '../../package.json' with { type: 'json' };
import { workflowId } from '../../workflows/domain/contract.ts';
import { JOB_KINDS, jobWorkflowId } from '../../workflows/domain/jobs.ts';
import { runsOf } from './runs.ts';

await runWithStack(async (stack) => {
  const { environment, namespace } = stack.temporal;
  for (const [name, scenario] of Object.entries(SCENARIOS)) {
    const folder = new URL(`../histories/${manifest.version}/${name}/`, import.meta.url);
    if (existsSync(folder)) {
      throw new Error(`${folder.pathname} is there: recorded histories are not replaced`);
    }
    mkdirSync(folder, { recursive: true });
    const story = new Story(new StackClient(stack.url), stack.provider, () => undefined);
    await scenario.play(story);
    let count = 0;
    for (const workflow of workflowsOf(story)) {
      const runs = await runsOf(environment, story.id, workflow).catch(() => []);
      await withConnection({ environment }, async (connection) => {
        const client = new WorkflowClient({ connection, namespace });
        for (const { runId, type } of runs) {
          const history = await client.getHandle(workflow, runId).fetchHistory();
          writeFileSync(new URL(`${++count}-${type}.json`, folder), withoutPlace(history));
        }
      });
    }
    if (count === 0) throw new Error(`no run of ${name} was found`);
    say(`${name}: ${count} runs`);
  }
});

/** What a story may have been about: a subscription, or jobs. */
function workflowsOf({ ids }: Story): string[] {
  return ids.flatMap((id) => [workflowId(id), ...JOB_KINDS.map((kind) => jobWorkflowId(kind, id))]);
}

/** Stack traces of failures say where this checkout is, which is nobody's business and of no use to a replay. */
function withoutPlace(history: Parameters<typeof historyToJSON>[0]): string {
  const { href, pathname } = new URL('../../', import.meta.url);
  return historyToJSON(history).replaceAll(href, '').replaceAll(pathname, '');
}
