import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';

import { SCENARIOS } from '../../local/scenarios/index.ts';
import { Story } from '../../local/scenarios/scenario.ts';
import { subscriptionEvent } from '../../local/stripe-events.ts';
import { withConnection } from '../../local/temporal/temporal.ts';
import { until } from '../../local/until.ts';
import { steer, type Order, type Standing } from '../../tools/schedule/steer.ts';
import { ensureSchedule } from '../../worker/reconcile/schedule.ts';
import { TASK_QUEUE } from '../../workflows/domain/contract.ts';
import { addMonths } from '../../workflows/domain/time.ts';
import { client, DAY, iso, nowMs, provider, uniqueId, useStack } from '../support/stack.ts';

// What is lost by other tests is lost on purpose, so they are left alone.
const stack = useStack();

function withTemporal<T>(work: (temporal: Client) => Promise<T>): Promise<T> {
  const { environment, namespace } = stack().temporal;
  return withConnection({ environment }, (connection) =>
    work(new Client({ connection, namespace })),
  );
}

const order = (wanted: Order): Promise<Standing> =>
  withTemporal((temporal) => steer(temporal, wanted));

/** One run, from its beginning to its end. */
async function runOnce(): Promise<NonNullable<NonNullable<Standing['last']>['report']>> {
  const { begun } = await order({ action: 'describe' });
  await order({ action: 'trigger' });
  return until('the end of the run', async () => {
    const { begun: now, running, last } = await order({ action: 'describe' });
    return now > begun && running.length === 0 && last?.report;
  });
}

/** A subscription that has paid for its first month, in provider mode. */
async function begin(name: string): Promise<string> {
  const id = uniqueId(name);
  const created = nowMs() - 5 * DAY;
  const event = subscriptionEvent('customer.subscription.created', {
    id,
    status: 'active',
    created,
    email: 'ada@example.com',
    periodEnd: Date.parse(addMonths(iso(created), 1)),
  });
  await client().postStripe(event);
  await client().settled(id, 'active', ({ status }) => status === 'active');
  return id;
}

const atProvider = async (method: string, id: string, body: Record<string, string> = {}) => {
  const response = await fetch(`${provider().baseUrl}/v1/subscriptions/${id}`, {
    method,
    ...(method === 'POST' && { body: new URLSearchParams(body) }),
  });
  expect(response.status).toBe(200);
};

describe('the nightly reconciliation', () => {
  it('repairs what lost webhooks have left behind', async () => {
    const [same, cancelling, deleted] = [
      await begin('same'),
      await begin('cancelling'),
      await begin('deleted'),
    ];
    await provider().silence(cancelling, true);
    await provider().silence(deleted, true);
    await atProvider('POST', cancelling, { cancel_at_period_end: 'true' });
    await atProvider('DELETE', deleted);
    const report = await runOnce();
    expect(report.repairs.toSorted((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      { id: cancelling, fields: ['cancel_at'] },
      { id: deleted, fields: ['status'] },
    ]);
    await client().settled(cancelling, 'the end to come', ({ cancelAt }) => cancelAt !== null);
    await client().settled(deleted, 'the end', ({ status }) => status === 'canceled');
    const types = async (id: string) => (await client().emails(id)).map(({ type }) => type);
    await until('the mail', async () => (await types(cancelling)).length === 2);
    expect(await types(cancelling)).toEqual(['welcome', 'cancellation_scheduled']);
    const before = await client().subscription(same);
    expect(await runOnce()).toMatchObject({ repaired: 0 });
    expect(await client().subscription(same)).toEqual(before);
  });

  it('finds what was never told of', async () => {
    const id = uniqueId('untold');
    const event = subscriptionEvent('customer.subscription.created', {
      id,
      status: 'active',
      created: nowMs() - 5 * DAY,
    });
    await provider().observe(JSON.stringify(event));
    expect(await runOnce()).toMatchObject({ repairs: [{ id, fields: ['unknown'] }] });
    await client().settled(id, 'active', ({ status }) => status === 'active');
    expect(await client().emails(id)).toEqual([]);
  });

  it('is the end of its story', async () => {
    const lines: string[] = [];
    const story = new Story(client(), provider(), (line) => lines.push(line));
    await SCENARIOS['reconcile']!.play(story);
    expect(lines.join('\n')).toContain('cancellation_scheduled');
  });

  it('goes on where it was interrupted', async () => {
    for (const name of ['one', 'two', 'three']) await begin(name);
    const before = (await provider().requests()).length;
    await provider().limit(1, 1, 2);
    await withTemporal((temporal) =>
      temporal.workflow.execute('reconcile', {
        workflowId: uniqueId('interrupted'),
        taskQueue: TASK_QUEUE,
        args: [{ pageSize: 1 }],
      }),
    );
    const [first, second, third, again] = (await provider().requests()).slice(before);
    expect(first).toBe('GET /v1/subscriptions');
    expect(second).toMatch(/ after /);
    expect(third).toMatch(/ after /);
    expect(third).not.toBe(second);
    expect(again).toBe(third);
  });
});

describe('its schedule', () => {
  it('leaves out a run while another one runs', async () => {
    await provider().limit(1000, 1);
    const { skipped } = await order({ action: 'trigger' });
    await until('the run', async () => (await order({ action: 'describe' })).running.length === 1);
    await order({ action: 'trigger' });
    const held = await until('the second', async () => {
      const now = await order({ action: 'describe' });
      return now.skipped > skipped && now;
    });
    expect(held.running).toHaveLength(1);
    await provider().limit(0, 1);
    await until('the end', async () => (await order({ action: 'describe' })).running.length === 0);
  });

  it('is paused, resumed, and made up for', async () => {
    expect(await order({ action: 'pause', note: 'Stripe is away' })).toMatchObject({
      paused: true,
      note: 'Stripe is away',
    });
    expect(await order({ action: 'resume' })).toMatchObject({ paused: false });
    const { begun } = await order({ action: 'describe' });
    const today = iso(Math.floor(nowMs() / DAY) * DAY);
    await order({ action: 'backfill', from: iso(Date.parse(today) - 2 * DAY), to: today });
    await until('both nights', async () => {
      const now = await order({ action: 'describe' });
      return now.begun === begun + 2 && now.running.length === 0;
    });
  });

  it('is made once, changed with its times, and gone when it is off', async () => {
    const { address, namespace } = stack().temporal;
    const connection = await NativeConnection.connect({ address });
    const ensure = (times: string) => ensureSchedule(connection, namespace, times);
    const next = async () => (await order({ action: 'describe' })).next[0]!.slice(11, 19);
    try {
      expect(await next()).toBe('03:17:00');
      await order({ action: 'pause', note: 'by me' });
      await ensure('17 3 * * *');
      await ensure('30 4 * * *');
      await until('the new time', async () => (await next()) === '04:30:00');
      expect(await order({ action: 'describe' })).toMatchObject({ paused: true, note: 'by me' });
      await ensure('off');
      await ensure('off');
      await expect(order({ action: 'describe' })).rejects.toThrow('There is no schedule');
    } finally {
      await connection.close();
    }
  });
});
