import {
  WorkflowUpdateFailedError,
  type WorkflowHandle,
  type WorkflowHandleWithFirstExecutionRunId,
} from '@temporalio/client';
import type protocol from '@temporalio/proto';
import { describe, expect, it } from 'vitest';

import { until } from '../../local/until.ts';
import { batchKey } from '../../workflows/domain/batch-item.ts';
import {
  startOfBatch,
  type BatchOptions,
  type BatchProgress,
  type BatchTask,
  type ItemResult,
} from '../../workflows/domain/batch.ts';
import { TASK_QUEUE } from '../../workflows/domain/contract.ts';
import { jobWorkflowId, type JobView } from '../../workflows/domain/jobs.ts';
import { addDays } from '../../workflows/domain/time.ts';
import { T0 } from '../support/fixtures.ts';
import { FakeWorld, useTemporal } from '../support/workflows.ts';

type History = protocol.temporal.api.history.v1.IHistory;

const temporal = useTemporal();

const CANCEL: BatchTask = { action: 'cancel', atPeriodEnd: true };

const ids = (count: number): string[] => Array.from({ length: count }, (_, i) => `sub_${i}`);

/** Begins a batch as the consumer does. */
const begin = (
  id: string,
  options: BatchOptions,
  task: BatchTask = CANCEL,
): Promise<WorkflowHandleWithFirstExecutionRunId> =>
  temporal.env.client.workflow.start('batch', {
    workflowId: jobWorkflowId('batch', id),
    taskQueue: TASK_QUEUE,
    args: [startOfBatch({ ...task, ...options }, id, T0)],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
  });

/** What readers see, once it is as `isRight` wants it; no time passes. */
const seen = (world: FakeWorld, what: string, isRight: (view: JobView) => boolean) =>
  until(what, () => {
    const view = world.jobs.at(-1)?.view;
    return view && isRight(view) && view;
  });

const ended = (world: FakeWorld) => seen(world, 'the end', ({ endedAt }) => endedAt !== null);

const steer = (handle: WorkflowHandle, steering: string): Promise<void> =>
  handle.executeUpdate(steering, { args: [{}] });

/** An item that waits until it is let go. */
function gate() {
  const waiting: (() => void)[] = [];
  let isOpen = false;
  return {
    pass: () =>
      new Promise<ItemResult>((resolve) => {
        const go = (): void => resolve({ outcome: 'done' });
        if (isOpen) go();
        else waiting.push(go);
      }),
    open: () => {
      isOpen = true;
      for (const go of waiting) go();
    },
  };
}

describe('a batch', () => {
  it('of 500 of which one in a hundred fails does all the others, once, over several runs of bounded size', async () => {
    const world = new FakeWorld();
    world.batches.act = ({ subscription }) =>
      /_\d*99$/.test(subscription)
        ? { outcome: 'failed', reason: 'The payment was declined.' }
        : { outcome: 'done' };
    await temporal.run(world, async () => {
      const handle = await begin('many', { subscriptions: ids(500) });
      const view = await ended(world);
      expect(view).toMatchObject({ status: 'done', total: 500, done: 495, failed: 5, left: 0 });
      expect(world.batches.acted.map(({ subscription }) => subscription).toSorted()).toEqual(
        ids(500).toSorted(),
      );
      const lengths = await runLengths(handle.firstExecutionRunId);
      expect(lengths.length).toBeGreaterThan(1);
      for (const length of lengths) expect(length).toBeLessThan(2000);
    });
  });

  it('has no more items under way than it may, and takes what is listed twice once', async () => {
    const world = new FakeWorld();
    let running = 0;
    let most = 0;
    world.batches.act = async () => {
      most = Math.max(most, (running += 1));
      await new Promise(setImmediate);
      running -= 1;
      return { outcome: 'done' };
    };
    await temporal.run(world, async () => {
      await begin('window', { subscriptions: [...ids(30), ...ids(30)], concurrency: 3 });
      expect(await ended(world)).toMatchObject({ total: 30, done: 30 });
    });
    expect(most).toBeLessThanOrEqual(3);
    expect(world.batches.acted).toHaveLength(30);
  });

  it('keeps to its rate', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async () => {
      const handle = await begin('rate', { subscriptions: ids(12), perSecond: 5 });
      await handle.result();
      const begun = beginnings(await handle.fetchHistory());
      expect(begun).toHaveLength(12);
      for (const [n, at] of begun.slice(5).entries()) {
        expect(at - begun[n]!).toBeGreaterThanOrEqual(1000);
      }
    });
  });

  it('goes on after an item that breaks, which is reported with its words', async () => {
    const world = new FakeWorld();
    world.batches.act = ({ subscription }) => {
      if (subscription !== 'sub_1') return { outcome: 'done' };
      throw new Error('the table is on fire');
    };
    await temporal.run(world, async () => {
      const handle = await begin('broken', { subscriptions: ids(3) });
      // Nobody is waited for but timers: of retries, until they are given up.
      const progress = (await handle.result()) as BatchProgress;
      expect(progress).toMatchObject({ status: 'done', done: 2, failed: 1 });
    });
    expect(world.batches.notes).toMatchObject([
      { subscription: 'sub_1', outcome: 'failed', reason: 'the table is on fire' },
    ]);
  });

  it('that is a rehearsal does nothing', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async () => {
      await begin('dry', { subscriptions: ids(3), isDryRun: true });
      expect(await ended(world)).toMatchObject({ isDryRun: true, done: 3 });
    });
    expect(world.batches.acted).toEqual([]);
    expect(world.batches.rehearsed).toHaveLength(3);
  });

  it('of nothing is done at once', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async () => {
      await begin('empty', { filter: { plan: 'nobody-has-it' } });
      expect(await ended(world)).toMatchObject({ status: 'done', total: 0, done: 0 });
    });
  });

  it('that is paused finishes what has begun, begins nothing, and goes on when it is resumed', async () => {
    const world = new FakeWorld();
    const items = gate();
    world.batches.act = items.pass;
    await temporal.run(world, async () => {
      const handle = await begin('paused', { subscriptions: ids(10), concurrency: 4 });
      await until('four of them', () => world.batches.acted.length === 4);
      await steer(handle, 'pause');
      expect(world.jobs.at(-1)!.view).toMatchObject({ status: 'paused' });
      await expect(steer(handle, 'pause')).rejects.toThrow(WorkflowUpdateFailedError);
      items.open();
      await until('the end of the four', async () => {
        const progress = await handle.query<BatchProgress>('progress');
        return progress.done === 4 && progress.running === 0;
      });
      expect(world.batches.acted).toHaveLength(4);
      await steer(handle, 'resume');
      expect(await ended(world)).toMatchObject({ status: 'done', done: 10 });
    });
    expect(world.batches.acted).toHaveLength(10);
    expect(world.jobs.flatMap(({ lines }) => lines.map(({ type }) => type))).toEqual([
      'requested',
      'listed',
      'paused',
      'resumed',
      'ended',
    ]);
  });

  it.each(['by its own request', 'by Temporal'])(
    'that is cancelled %s finishes what has begun and leaves the rest',
    async (how) => {
      const world = new FakeWorld();
      const items = gate();
      world.batches.act = items.pass;
      await temporal.run(world, async () => {
        const handle = await begin('cancelled', { subscriptions: ids(10), concurrency: 4 });
        await until('four of them', () => world.batches.acted.length === 4);
        await (how === 'by Temporal' ? handle.cancel() : steer(handle, 'cancel'));
        await seen(world, 'the request', ({ status }) => status === 'cancelled');
        items.open();
        expect(await ended(world)).toMatchObject({ status: 'cancelled', done: 4, left: 6 });
      });
      expect(world.batches.acted).toHaveLength(4);
    },
  );

  it('does not wait for quiet hours, after which its mail goes out all the same', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async () => {
      const now = new Date(await temporal.env.currentTimeMs()).toISOString();
      world.batches.act = ({ notBefore }) =>
        notBefore === undefined ? { outcome: 'held', until: addDays(now, 1) } : { outcome: 'done' };
      await begin(
        'quiet',
        { subscriptions: ['sub_0'] },
        {
          action: 'announce',
          headline: 'News',
          body: 'There are some.',
        },
      );
      expect(await ended(world)).toMatchObject({ status: 'done', held: 1, done: 0 });
      const key = batchKey({ batch: 'quiet', subscription: 'sub_0' });
      expect(await temporal.env.client.workflow.getHandle(`${key}:later`).result()).toBe('done');
      expect(await temporal.env.currentTimeMs()).toBeGreaterThanOrEqual(
        Date.parse(addDays(now, 1)),
      );
    });
    expect(world.batches.acted).toHaveLength(2);
  });
});

/** The number of events in each run of a workflow that has ended. */
async function runLengths(first: string): Promise<number[]> {
  const { workflow } = temporal.env.client;
  const lengths: number[] = [];
  for (let runId = first; runId !== '';) {
    const history: History = await workflow.getHandle('batch:many', runId).fetchHistory();
    const events = history.events!;
    lengths.push(events.length);
    const last = events.at(-1)!.workflowExecutionContinuedAsNewEventAttributes;
    runId = last?.newExecutionRunId ?? '';
  }
  return lengths;
}

/** When each item was begun, by the workflow's own time: that of its tasks. */
function beginnings({ events }: History): number[] {
  const begun: number[] = [];
  let now = 0;
  for (const event of events!) {
    const { seconds, nanos } = event.eventTime!;
    if (event.workflowTaskStartedEventAttributes) {
      now = Number(seconds) * 1000 + Math.floor(nanos! / 1e6);
    }
    if (event.startChildWorkflowExecutionInitiatedEventAttributes) begun.push(now);
  }
  return begun;
}
