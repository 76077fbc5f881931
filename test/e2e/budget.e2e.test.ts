import { beforeAll, describe, expect, it } from 'vitest';

import { StackClient } from '../../local/client.ts';
import { subscriptionEvent } from '../../local/stripe-events.ts';
import { actionsBetween, readActions, total, type Actions } from '../../local/temporal/actions.ts';
import { runsOf, type Run } from '../support/runs.ts';
import { beginTrial, DAY, iso, nowMs, uniqueId, useStack } from '../support/stack.ts';

/**
 * The life L12: a trial of 14 days with welcome and two reminders, conversion, eleven renewals with receipts, cancellation.
 * Counted by the server itself; what the test clock adds is left out.
 */
const stack = useStack();
/** Attaching the clock is one signal and the records of that. */
const CLOCK_ATTACHED = { grpc_SignalWorkflowExecution: 1, command_BatchMarkers: 1 };

interface Life {
  actions: number;
  byType: Actions;
  runs: Run[];
  mail: string[];
}

async function live(begin: (client: StackClient, id: string) => Promise<void>): Promise<Life> {
  const client = new StackClient(stack().url);
  const id = uniqueId('budget');
  const { metricsUrl } = stack().temporal.server!;
  const before = await readActions(metricsUrl);
  await begin(client, id);
  await client.clock(id, { advance: 'P14DT2H' });
  await client.clock(id, { advance: 'P11M' });
  await client.call('POST', `/api/subscriptions/${id}/cancel`, {});
  const byType = actionsBetween(before, await readActions(metricsUrl));
  for (const [type, count] of Object.entries(CLOCK_ATTACHED))
    byType[type] = (byType[type] ?? 0) - count;
  const mail = (await client.emails(id)).map(({ type }) => type);
  return {
    actions: total(byType),
    byType,
    mail,
    runs: await runsOf(stack().temporal.environment, id),
  };
}

/** Bytes of a run while it was still open: without what was written in the moment in which it ended. */
function openBytes({ events }: Run): number {
  const lastStart = events.findLastIndex(({ type }) => type === WORKFLOW_TASK_STARTED);
  return events.slice(0, lastStart + 1).reduce((sum, { bytes }) => sum + bytes, 0);
}
const WORKFLOW_TASK_STARTED = 6;

const RECEIPTS = Array.from({ length: 11 }, () => 'receipt');
const MAIL = ['welcome', 'trial_ending', 'trial_ending', 'converted', ...RECEIPTS, 'cancelled'];

describe('a year in self mode', () => {
  let life: Life;
  beforeAll(async () => {
    life = await live(async (client, id) => void (await beginTrial(client, id)));
    console.log(`self mode: ${life.actions} actions`, life.byType, life.runs.map(openBytes));
  });

  it('is the whole life', () => expect(life.mail).toEqual(MAIL));

  it('takes at most 40 actions', () => expect(life.actions).toBeLessThanOrEqual(40));

  it('never has more than 5 kB of history open, the hops of the clock included', () => {
    expect(Math.max(...life.runs.map(openBytes))).toBeLessThanOrEqual(5000);
  });

  it('carries at most 1.5 kB from run to run', () => {
    const carried = life.runs.slice(1).map(({ inputBytes }) => inputBytes);
    expect(Math.max(...carried)).toBeLessThanOrEqual(1500);
  });
});

describe('a year in provider mode', () => {
  let life: Life;
  beforeAll(async () => {
    life = await live(async (client, id) => {
      const created = nowMs();
      const trial = { trialStart: created, trialEnd: created + 14 * DAY };
      const options = { id, status: 'trialing', created, email: 'ada@example.com', ...trial };
      await client.postStripe(subscriptionEvent('customer.subscription.created', options));
      await client.settled(id, 'trialing');
    });
    console.log(`provider mode: ${life.actions} actions`, life.byType, life.runs.map(openBytes));
  });

  it('is the whole life', () => expect(life.mail).toEqual(MAIL));

  /** One signal for each routed webhook, of which the provider sends one for what it was asked to do as well. */
  it('takes no more actions than it has taken so far', () =>
    expect(life.actions).toBeLessThanOrEqual(84));

  it('has no more history open than it has had so far', () => {
    expect(Math.max(...life.runs.map(openBytes))).toBeLessThanOrEqual(6400);
  });

  it('carries at most 1.5 kB from run to run', () => {
    const carried = life.runs.slice(1).map(({ inputBytes }) => inputBytes);
    expect(Math.max(...carried)).toBeLessThanOrEqual(1500);
  });
});

describe('five years', () => {
  const plan = (id: string, amount: number) => ({
    id,
    price: { amount, currency: 'usd' },
    interval: 'month',
  });

  it('of changes, pauses and renewals carry no more than 1.5 kB from run to run', async () => {
    const client = new StackClient(stack().url);
    const id = uniqueId('years');
    const { start } = await beginTrial(client, id, {
      zone: 'Europe/Berlin',
      policy: { version: '2026-11', winBack: ['P7D'], quietHours: { from: '22:00', to: '08:00' } },
    });
    const ask = async (path: string, body: object): Promise<void> => {
      const answer = await client.call('POST', `/api/subscriptions/${id}/${path}`, body);
      if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    };
    const forwardTo = (years: number) =>
      client.clock(id, { to: iso(start + Math.round(years * 365.25) * DAY) });
    for (let year = 1; year <= 5; year++) {
      await forwardTo(year - 0.6);
      await ask('change-plan', { plan: plan(`pro-${year}`, 1900 + year * 100) });
      await ask('change-quantity', { quantity: year + 1, atPeriodEnd: true });
      await forwardTo(year - 0.3);
      await ask('pause', {});
      await forwardTo(year - 0.25);
      await ask('resume', { anchor: 'unchanged' });
      await forwardTo(year);
    }
    await ask('cancel', { atPeriodEnd: true, reason: 'five years are enough' });
    const runs = await runsOf(stack().temporal.environment, id);
    const carried = runs.slice(1).map(({ inputBytes }) => inputBytes);
    console.log(`five years: ${runs.length} runs, at most ${Math.max(...carried)} bytes carried`);
    expect(Math.max(...carried)).toBeLessThanOrEqual(1500);
    expect(await client.subscription(id)).toMatchObject({ status: 'active', quantity: 6 });
  });
});
