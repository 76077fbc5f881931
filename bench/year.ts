// `npm run bench`: how long a year takes under a test clock, on this machine, beside what it is made of.
import { StackClient } from '../local/client.ts';
import { runWithStack, say } from '../local/run.ts';
import { withConnection } from '../local/temporal/temporal.ts';
import { workflowId } from '../workflows/domain/contract.ts';

const ROUNDS = 5;
const DAY_MS = 86_400_000;
const BUDGET_SECONDS = 5;

await runWithStack(async (stack) => {
  const client = new StackClient(stack.url);
  const seconds: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    const id = `sub_bench_${round}`;
    await beginTrial(client, id);
    const started = performance.now();
    await client.clock(id, { advance: 'P365D' });
    seconds.push((performance.now() - started) / 1000);
    const { status } = (await client.subscription(id))!;
    if (status !== 'active') throw new Error(`${id} is ${status} after a year`);
    say(`year ${round} of ${ROUNDS}: ${seconds.at(-1)!.toFixed(2)} s`);
  }
  const year = median(seconds);
  const call = await bareCall(stack.temporal.environment, workflowId('sub_bench_1'));
  say(
    `\na year in self mode: ${year.toFixed(2)} s (median of ${ROUNDS}, budget ${BUDGET_SECONDS} s)`,
  );
  say(
    `  that is ${Math.round(year / call)} times a bare call to the server (${(call * 1000).toFixed(1)} ms)`,
  );
  say(
    `  and ${Math.round((365 * DAY_MS) / 1000 / year).toLocaleString('en')} times as fast as life`,
  );
  if (year > BUDGET_SECONDS) throw new Error('over budget');
});

async function beginTrial(client: StackClient, id: string): Promise<void> {
  const now = Math.floor(Date.now() / 1000) * 1000;
  await client.postEvent('subscription.trial_started', id, {
    customer: { id: `cus_${id}`, email: 'ada@example.com' },
    plan: { id: 'pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
    trialStart: new Date(now).toISOString(),
    trialEnd: new Date(now + 14 * DAY_MS).toISOString(),
    paymentMethod: 'pm_card_visa',
  });
  await client.settled(id, 'trialing', ({ status }) => status === 'trialing');
}

/** Seconds that the server takes to describe a workflow. */
async function bareCall(environment: Record<string, string>, id: string): Promise<number> {
  return withConnection({ environment }, async ({ workflowService }) => {
    const times: number[] = [];
    for (let i = 0; i < 200; i++) {
      const started = performance.now();
      await workflowService.describeWorkflowExecution({
        namespace: environment['TEMPORAL_NAMESPACE'] ?? 'default',
        execution: { workflowId: id },
      });
      times.push((performance.now() - started) / 1000);
    }
    return median(times);
  });
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
