// `npm run bench:batch [-- <items>]`: a rehearsal over 10,000 subscriptions, of which one in a hundred cannot be moved.
import { readFileSync } from 'node:fs';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { BatchWriteCommand, DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { Client } from '@temporalio/client';

import { batchIs, beginBatch, reportOf, type BatchRecord } from '../local/batches.ts';
import { StackClient } from '../local/client.ts';
import { LOCAL_CREDENTIALS } from '../local/config.ts';
import { runWithStack, say } from '../local/run.ts';
import { withConnection, type Temporal } from '../local/temporal/temporal.ts';
import { jobWorkflowId } from '../workflows/domain/jobs.ts';
import { partition, STATE_ROW } from '../workflows/domain/records.ts';

const ITEMS = Number(process.argv[2] ?? 10_000);
const MOST_EVENTS = 2000;
const PATIENCE_MS = 1_800_000;
const WRITE_SIZE = 25;

await runWithStack(async (stack) => {
  const client = new StackClient(stack.url);
  await seed(client);
  say(`${ITEMS} subscriptions are in the records`);
  const before = memoryOf(stack.worker.process.pid);
  const started = performance.now();
  const id = await beginBatch(
    client,
    {
      action: 'change_plan',
      plan: { id: 'dearer', price: { amount: 2400, currency: 'usd' }, interval: 'month' },
      filter: { plan: 'bench' },
      isDryRun: true,
    },
    'bench',
  );
  const end = await batchIs(client, id, tellProgress(), PATIENCE_MS);
  const seconds = (performance.now() - started) / 1000;
  const runs = await eventsOfRuns(stack.temporal, jobWorkflowId('batch', id));
  const after = memoryOf(stack.worker.process.pid);
  const { items } = await reportOf(client, id);
  say(`\n${end.done} done, ${end.failed} failed in ${seconds.toFixed(1)} s`);
  say(`  ${(ITEMS / seconds).toFixed(0)} items a second, each in a workflow of its own`);
  say(`  ${runs.length} runs of the batch, of ${Math.max(...runs)} events at most`);
  say(`  worker: ${before.now} MB before, ${after.now} MB after, ${after.peak} MB at its peak`);
  say(`  the report begins: ${items[0]?.subscription}: ${items[0]?.reason}`);
  const failing = Math.ceil(ITEMS / 100);
  if (end.done !== ITEMS - failing || end.failed !== failing) throw new Error('items are missing');
  if (Math.max(...runs) >= MOST_EVENTS) throw new Error('a run has grown too large');
});

/** Projections as the worker writes them; every hundredth is of one that is past due, which is not moved. */
async function seed(client: StackClient): Promise<void> {
  const environment = (await client.call<Record<string, string>>('GET', '/api/environment')).body;
  const table = DynamoDBDocumentClient.from(
    new DynamoDBClient({
      region: 'us-east-1',
      credentials: LOCAL_CREDENTIALS,
      endpoint: environment['AWS_ENDPOINT_URL_DYNAMODB']!,
    }),
  );
  const all = Array.from({ length: ITEMS }, (_, n) => projection(n));
  for (let at = 0; at < all.length; at += WRITE_SIZE) {
    const requests = all.slice(at, at + WRITE_SIZE).map((Item) => ({ PutRequest: { Item } }));
    await table.send(
      new BatchWriteCommand({ RequestItems: { [environment['TABLE_NAME']!]: requests } }),
    );
  }
  table.destroy();
}

function projection(n: number): Record<string, unknown> {
  const id = `sub_bench_${String(n).padStart(6, '0')}`;
  return {
    pk: partition(id),
    sk: STATE_ROW,
    id,
    customer: `cus_${id}`,
    status: n % 100 === 0 ? 'past_due' : 'active',
    plan: { id: 'bench', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
    quantity: 1,
    collection: 'self',
    livemode: false,
    trialEnd: null,
    currentPeriodStart: '2026-11-01T00:00:00.000Z',
    currentPeriodEnd: '2026-12-01T00:00:00.000Z',
    cancelAt: null,
    pause: null,
    planChange: null,
    endedAt: null,
    testClock: null,
    version: 1,
    updatedAt: '2026-11-01T00:00:00.000Z',
  };
}

/** Says every tenth. */
function tellProgress(): (found: BatchRecord) => boolean {
  let told = 0;
  return ({ done, failed, total, endedAt }) => {
    const tenth = total ? Math.floor(((done + failed) * 10) / total) : 0;
    if (tenth > told) say(`  ${done + failed} of ${total}`);
    told = tenth;
    return endedAt !== null;
  };
}

function eventsOfRuns({ environment, namespace }: Temporal, id: string): Promise<number[]> {
  return withConnection({ environment }, async (connection) => {
    const lengths: number[] = [];
    const { workflow } = new Client({ connection, namespace });
    for await (const { historyLength } of workflow.list({ query: `WorkflowId = '${id}'` })) {
      lengths.push(historyLength);
    }
    return lengths;
  });
}

/** Megabytes of resident memory, now and at most. */
function memoryOf(pid: number): { now: number; peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const read = (name: string): number =>
    Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return { now: read('VmRSS'), peak: read('VmHWM') };
}
