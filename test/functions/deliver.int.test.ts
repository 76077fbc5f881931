import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { createAdaptorServer } from '@hono/node-server';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { createDeliver } from '../../functions/shared/deliver.ts';
import { createJobs } from '../../functions/shared/jobs.ts';
import { createRecords } from '../../functions/shared/records.ts';
import type { TemporalGateway } from '../../functions/shared/temporal-client.ts';
import { createStripeApi } from '../../local/provider/api.ts';
import { confirm } from '../../local/provider/payments.ts';
import { Store } from '../../local/provider/store.ts';
import { until } from '../../local/until.ts';
import { createBillingActivities } from '../../worker/activities/billing.ts';
import { createChargeLedger } from '../../worker/billing/charge-ledger.ts';
import { createStripe } from '../../worker/billing/stripe.ts';
import type { BillingActivities } from '../../workflows/activities.ts';
import { TASK_QUEUE, workflowId } from '../../workflows/domain/contract.ts';
import { routeJob } from '../../workflows/domain/job-routes.ts';
import { route } from '../../workflows/domain/routes.ts';
import { quietRuntime } from '../support/quiet-runtime.ts';
import { useTable } from '../support/table.ts';

quietRuntime();

const table = useTable();
const store = new Store();
const server = createAdaptorServer({ fetch: createStripeApi(store, []).fetch });
let env: TestWorkflowEnvironment;
let billing: BillingActivities;
let worker: Worker;
let running: Promise<void>;

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  billing = createBillingActivities(
    createStripe({ apiKey: 'sk_test_x', apiBase }),
    createChargeLedger(table.client, table.name),
  );
  const executable = { type: 'existing-path' as const, path: inject('testServer') };
  env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
  worker = await Worker.create({
    connection: env.nativeConnection,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: fileURLToPath(new URL('waiting-workflow.ts', import.meta.url)),
      logger: new DefaultLogger('ERROR'),
    }),
    taskQueue: TASK_QUEUE,
    activities: billing,
  });
  running = worker.run();
});

afterAll(async () => {
  worker.shutdown();
  await running;
  await env.teardown();
  server.close();
});

/** What the event consumer's sandbox has, on the connection of the test. */
const deliver = (...of: Parameters<ReturnType<typeof createDeliver>>) => {
  const { connection, client } = env;
  const temporal = { connection, client: client.workflow, namespace: env.namespace ?? 'default' };
  const gateway = {
    within: (_ms: number, work: (open: typeof temporal) => Promise<unknown>) => work(temporal),
  };
  return createDeliver(
    gateway as unknown as TemporalGateway,
    createRecords(table.name),
    {},
    createJobs(table.name),
  )(...of);
};

/** A charge that its customer has to confirm, and a workflow that waits for it. */
async function begin(subscription: string) {
  const key = `${subscription}:2026-12-04T10:00:00.000Z:1`;
  const amount = { amount: 1900, currency: 'usd' };
  const paymentMethod = 'pm_card_authenticationRequired';
  const of = { subscription, key, customer: `cus_${subscription}`, amount, paymentMethod };
  const result = await billing.charge(of);
  const payment = result.outcome === 'action_required' ? result.payment : '';
  const wait = async () => {
    const handle = await env.client.workflow.start('subscription', {
      workflowId: workflowId(subscription),
      taskQueue: TASK_QUEUE,
      args: [{ wanted: { subscription, key, payment } }],
    });
    await until('the token', async () => {
      const [row] = await table.rows(subscription, `CHARGE#${key}`);
      return row?.['token'] !== undefined && row;
    });
    return handle;
  };
  const told = (isPaid: boolean) =>
    route({
      type: isPaid ? 'payment_intent.succeeded' : 'payment_intent.canceled',
      id: `evt_${subscription}`,
      created: 1,
      subscription,
      payment: {
        id: payment,
        key,
        isPaid,
        invoice: { id: '2026-12-04T10:00:00.000Z', amount },
      },
    });
  return { payment, wait, told };
}

const resultOf = (subscription: string) =>
  env.client.workflow.getHandle(workflowId(subscription)).result();

describe('the end of a payment that was to be confirmed', () => {
  it.each([true, false])('is the result of the activity that waits for it: %s', async (isPaid) => {
    const { wait, told } = await begin(`sub_waits_${isPaid}`);
    const handle = await wait();
    expect(await deliver(told(isPaid), 5000)).toBe(true);
    expect(await handle.result()).toEqual({ isPaid });
  });

  it('is a command to the next run when the one that waited has ended', async () => {
    const { payment, wait, told } = await begin('sub_ended');
    const handle = await wait();
    await handle.terminate();
    expect(await deliver(told(true), 5000)).toBe(true);
    expect(await resultOf('sub_ended')).toMatchObject({
      type: 'authenticated',
      eventId: `authenticated:${payment}`,
      payment: { isPaid: true },
    });
  });

  it('is a command when no activity waits for it', async () => {
    const { told } = await begin('sub_alone');
    expect(await deliver(told(false), 5000)).toBe(true);
    expect(await resultOf('sub_alone')).toMatchObject({ payment: { isPaid: false } });
  });

  it('is told again without harm', async () => {
    const { wait, told } = await begin('sub_twice');
    const handle = await wait();
    expect(await deliver(told(true), 5000)).toBe(true);
    expect(await handle.result()).toEqual({ isPaid: true });
    expect(await deliver(told(true), 5000)).toBe(true);
    expect(await resultOf('sub_twice')).toMatchObject({ type: 'authenticated' });
  });

  it('is not waited for when it came before the activity did', async () => {
    const { payment, wait } = await begin('sub_early');
    confirm(store, payment, 'succeed');
    expect(await (await wait()).result()).toEqual({ isPaid: true });
  });
});

it('the end of a payment that went through at once concerns nobody', async () => {
  const key = 'sub_plain:2026-12-04T10:00:00.000Z:1';
  const amount = { amount: 1900, currency: 'usd' };
  const paymentMethod = 'pm_card_visa';
  const of = { subscription: 'sub_plain', key, customer: 'cus_plain', amount, paymentMethod };
  expect(await billing.charge(of)).toMatchObject({ outcome: 'paid' });
  const about = { key, id: 'pi', isPaid: true, invoice: { id: 'x', amount } };
  const event = { id: 'evt', created: 1, subscription: 'sub_plain', payment: about };
  expect(await deliver(route({ type: 'payment_intent.succeeded', ...event }), 5000)).toBe(false);
  await expect(env.client.workflow.getHandle(workflowId('sub_plain')).describe()).rejects.toThrow(
    /not found/i,
  );
});

it('an event about a customer whom nobody knows concerns nobody', async () => {
  expect(await deliver({ allOfCustomer: 'cus_unknown', commands: [] }, 5000)).toBe(false);
});

describe('a decision', () => {
  const decided = (subject: string) =>
    routeJob({
      id: 'evt_late',
      source: '/desk',
      time: '2026-12-04T10:00:00.000Z',
      type: 'approval.decided',
      subject,
      data: { decision: 'rejected', by: 'ann', reason: 'no' },
    });

  it('that comes after the end is kept in the timeline, once', async () => {
    const endedAt = '2026-12-03T10:00:00.000Z';
    await table.put({
      pk: 'APPROVAL#apr_over',
      sk: 'STATE',
      id: 'apr_over',
      status: 'approval:approved',
      endedAt,
    });
    for (let i = 0; i < 2; i++) expect(await deliver(decided('apr_over'), 5000)).toBe(true);
    const { timeline } = (await createJobs(table.name).find('approval', 'apr_over'))!;
    expect(timeline).toEqual([
      {
        at: '2026-12-04T10:00:00.000Z',
        type: 'decision_ignored',
        decision: 'rejected',
        by: 'ann',
        reason: 'no',
        ignored: 'It has already ended (approved).',
      },
    ]);
  });

  it('that comes before what it is about has to come again', async () => {
    await expect(deliver(decided('apr_early'), 5000)).rejects.toThrow(/not found/i);
  });
});
