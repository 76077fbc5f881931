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
    const runs = await runsOf(environment, story.id);
    await withConnection({ environment }, async (connection) => {
      const client = new WorkflowClient({ connection, namespace });
      for (const [index, { runId, type }] of runs.entries()) {
        const history = await client.getHandle(workflowId(story.id), runId).fetchHistory();
        writeFileSync(new URL(`${index + 1}-${type}.json`, folder), historyToJSON(history));
      }
    });
    say(`${name}: ${runs.length} runs`);
  }
});
