import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';

import { createBatchItems } from '../../functions/shared/batch-items.ts';
import { createBatchActivities } from '../../worker/activities/batch.ts';
import type { AskSubscription } from '../../worker/batch/ask-subscription.ts';
import { CHUNK, itemsPartition } from '../../workflows/domain/batch-records.ts';
import type { BatchTask } from '../../workflows/domain/batch.ts';
import type { Email } from '../../workflows/domain/emails.ts';
import { project } from '../../workflows/domain/projection.ts';
import { commandRow, jobPartition, partition, STATE_ROW } from '../../workflows/domain/records.ts';
import type { State } from '../../workflows/domain/state.ts';
import { active, ended, T0, trialing } from '../support/fixtures.ts';
import { useTable } from '../support/table.ts';

const table = useTable();
const CANCEL: BatchTask = { action: 'cancel', atPeriodEnd: true };
const NEWS: BatchTask = { action: 'announce', headline: 'News', body: 'There are some.' };

/** The activities, and what they have done in the world. */
function given(subscriptions: Partial<AskSubscription> = {}) {
  const asked: string[] = [];
  const posted: Email[] = [];
  const activities = createBatchActivities({
    table: table.client,
    tableName: table.name,
    post: (email) => Promise.resolve(void posted.push(email)),
    subscriptions: {
      ask: ({ subscription, request, key }) => {
        asked.push(`${subscription} ${request.type} ${key}`);
        return Promise.resolve({ outcome: 'done' });
      },
      look: () => Promise.resolve(null),
      ...subscriptions,
    },
    now: () => T0,
  });
  const list = (
    request: Parameters<typeof activities.listItems>[0],
    environment = new MockActivityEnvironment(),
  ) =>
    environment.run((wanted: typeof request) => activities.listItems(wanted), request) as Promise<{
      total: number;
    }>;
  return { activities, asked, posted, list };
}

const keep = (state: State) =>
  table.put({ pk: partition(state.id), sk: STATE_ROW, ...project(state, T0) });

const report = (batch: string, more: object = {}) =>
  createBatchItems(table.name).page(batch, { limit: 100, begun: 0, total: 0, ...more });

describe('the list of a batch', () => {
  it('has each id once, in chunks', async () => {
    const { list, activities } = given();
    const ids = Array.from({ length: CHUNK + 1 }, (_, n) => `sub_list_${n}`);
    const subscriptions = [...ids, ...ids];
    expect(await list({ batch: 'list', task: CANCEL, subscriptions })).toEqual({
      total: CHUNK + 1,
    });
    expect(await activities.itemsAt({ batch: 'list', chunk: 0 })).toEqual(ids.slice(0, CHUNK));
    expect(await activities.itemsAt({ batch: 'list', chunk: 1 })).toEqual(ids.slice(CHUNK));
  });

  it('is found by a filter: what has ended only if asked for, and nothing that is no subscription', async () => {
    const plan = { ...active().plan, id: 'rare' };
    await Promise.all([
      keep(active({ id: 'sub_f1', plan })),
      keep(trialing({ id: 'sub_f2', plan, customer: { id: 'cus_f2' } })),
      keep(ended({ id: 'sub_f3', plan })),
      keep(active({ id: 'sub_f4' })),
      table.put({
        pk: jobPartition('order', 'o1'),
        sk: STATE_ROW,
        id: 'o1',
        status: 'active',
        plan,
      }),
    ]);
    const { list, activities } = given();
    const found = async (filter: object) => {
      const { total } = await list({ batch: 'filter', task: CANCEL, filter });
      return total === 0 ? [] : activities.itemsAt({ batch: 'filter', chunk: 0 });
    };
    expect(await found({ plan: 'rare' })).toEqual(['sub_f2', 'sub_f1']);
    expect(await found({ plan: 'rare', status: 'canceled' })).toEqual(['sub_f3']);
    expect(await found({ customer: 'cus_f2' })).toEqual(['sub_f2']);
    expect(await found({ plan: 'nobody-has-it' })).toEqual([]);
  });

  it('goes on from its heartbeat when the worker was killed over it', async () => {
    const plan = { ...active().plan, id: 'resumed' };
    await Promise.all([
      keep(trialing({ id: 'sub_r1', plan })),
      keep(active({ id: 'sub_r2', plan })),
    ]);
    const first = new MockActivityEnvironment();
    const heartbeats: unknown[] = [];
    first.on('heartbeat', (details: unknown) => heartbeats.push(details));
    const { list, activities } = given();
    const request = { batch: 'resumed', task: CANCEL, filter: { plan: 'resumed' } };
    await list(request, first);
    expect(heartbeats[0]).toMatchObject({ source: 1, rest: ['sub_r1'] });
    // What was read already is not read again.
    await keep(trialing({ id: 'sub_r0', plan }));
    const again = new MockActivityEnvironment({ heartbeatDetails: heartbeats[0] });
    expect(await list(request, again)).toEqual({ total: 2 });
    expect(await activities.itemsAt({ batch: 'resumed', chunk: 0 })).toEqual(['sub_r1', 'sub_r2']);
  });
});

describe('an item of a batch', () => {
  const item = (batch: string, subscription: string) => ({ batch, subscription });

  it('asks the subscription, by a key of its own', async () => {
    await keep(active({ id: 'sub_ask' }));
    const { list, activities, asked } = given();
    await list({ batch: 'ask', task: CANCEL, subscriptions: ['sub_ask'] });
    expect(await activities.doItem(item('ask', 'sub_ask'))).toEqual({ outcome: 'done' });
    expect(asked).toEqual(['sub_ask cancel batch:ask:sub_ask']);
    expect((await report('ask')).items).toEqual([]);
  });

  it('asks nothing twice, even if the subscription has ended by it', async () => {
    await keep(ended({ id: 'sub_twice' }));
    await table.put({ pk: partition('sub_twice'), sk: commandRow('batch:twice:sub_twice') });
    const { list, activities, asked } = given();
    await list({ batch: 'twice', task: CANCEL, subscriptions: ['sub_twice'] });
    expect(await activities.doItem(item('twice', 'sub_twice'))).toEqual({ outcome: 'done' });
    expect(asked).toEqual([]);
  });

  it('that is unknown, ended or refused is in the report with the reason', async () => {
    await Promise.all([keep(ended({ id: 'sub_over' })), keep(active({ id: 'sub_no' }))]);
    const { list, activities } = given({
      ask: () => Promise.resolve({ outcome: 'failed', reason: 'It is set to end.' }),
    });
    const subscriptions = ['sub_over', 'sub_no', 'sub_nobody'];
    await list({ batch: 'report', task: CANCEL, subscriptions });
    for (const each of subscriptions) await activities.doItem(item('report', each));
    const failed = (subscription: string, reason: string) => ({
      subscription,
      outcome: 'failed',
      reason,
      at: T0,
    });
    const all = [
      failed('sub_no', 'It is set to end.'),
      failed('sub_nobody', 'There is no subscription sub_nobody.'),
      failed('sub_over', 'The subscription has already ended (canceled).'),
    ];
    expect((await report('report')).items).toEqual(all);
    const first = await report('report', { limit: 2 });
    expect(first.items).toEqual(all.slice(0, 2));
    const rest = await report('report', { limit: 2, cursor: first.nextCursor! });
    expect(rest).toEqual({ items: all.slice(2), nextCursor: null });
  });

  it('that is rehearsed asks for nothing and writes to nobody', async () => {
    const customer = { ...active().customer, marketing: true };
    const state = active({ id: 'sub_dry', customer });
    await keep(state);
    const { list, activities, asked, posted } = given({ look: () => Promise.resolve(state) });
    for (const [batch, task] of [
      ['dry', CANCEL],
      ['dry-news', NEWS],
    ] as const) {
      await list({ batch, task, subscriptions: ['sub_dry'] });
      expect(await activities.rehearseItem(item(batch, 'sub_dry'))).toEqual({ outcome: 'done' });
    }
    expect([asked, posted]).toEqual([[], []]);
  });

  it('of an announcement that was put off goes out later, unless the batch was cancelled', async () => {
    const customer = { ...active().customer, marketing: true };
    const policy = { quietHours: { from: '08:00', to: '12:00' } };
    let state = active({ id: 'sub_later', customer, policy });
    await keep(state);
    const { list, activities, posted } = given({ look: () => Promise.resolve(state) });
    await list({ batch: 'later', task: NEWS, subscriptions: ['sub_later'] });
    const held = await activities.doItem(item('later', 'sub_later'));
    expect(held).toEqual({ outcome: 'held', until: '2026-11-20T12:00:00.000Z' });
    expect((await report('later')).items).toMatchObject([{ outcome: 'held' }]);
    const later = { ...item('later', 'sub_later'), notBefore: held.until! };

    const row = { pk: jobPartition('batch', 'later'), sk: STATE_ROW };
    await table.put({ ...row, status: 'batch:cancelled' });
    expect(await activities.doItem(later)).toMatchObject({ outcome: 'skipped' });
    expect(posted).toEqual([]);

    await table.put({ ...row, status: 'batch:done' });
    state = active({ id: 'sub_later', customer });
    expect(await activities.doItem(later)).toEqual({ outcome: 'done' });
    expect(posted.map(({ key }) => key)).toEqual(['announcement:sub_later:later']);
    expect((await report('later')).items).toEqual([]);
  });
});

it('the report of a batch that was cancelled ends with what was never begun', async () => {
  const { list } = given();
  const ids = Array.from({ length: 250 }, (_, n) => `sub_rest_${n}`);
  await list({ batch: 'rest', task: CANCEL, subscriptions: ids });
  await table.put({
    pk: itemsPartition('rest'),
    sk: 'ITEM#sub_rest_3',
    subscription: 'sub_rest_3',
    outcome: 'failed',
    reason: 'It was refused.',
  });
  const seen: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page = await report('rest', { begun: 90, total: 250, ...(cursor && { cursor }) });
    seen.push(...page.items.map(({ subscription, outcome }) => `${subscription} ${outcome}`));
    cursor = page.nextCursor;
  }
  expect(seen).toEqual(['sub_rest_3 failed', ...ids.slice(90).map((id) => `${id} not_done`)]);
});
