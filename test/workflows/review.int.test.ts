import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';

import { until } from '../../local/until.ts';
import { TASK_QUEUE } from '../../workflows/domain/contract.ts';
import { jobWorkflowId, type JobView } from '../../workflows/domain/jobs.ts';
import type { Finding, Juror } from '../../workflows/domain/jurors.ts';
import type { FeedbackRequest, ReviewInput } from '../../workflows/domain/review.ts';
import { FakeWorld, useTemporal, type Queue } from '../support/workflows.ts';

const temporal = useTemporal();

/** A jury whose members say what they are told to; who is told nothing abstains. */
function jury(world: FakeWorld, opinions: Partial<Record<Juror, () => Promise<Finding>>>): void {
  world.activities.judge = ({ juror }) =>
    opinions[juror]?.() ?? Promise.resolve({ opinion: 'abstain', because: 'nothing to say' });
}

const says =
  (opinion: Finding['opinion']): (() => Promise<Finding>) =>
  () =>
    Promise.resolve({ opinion, because: 'told so' });

async function begin(
  queue: Queue,
  name: string,
  more: Partial<ReviewInput> = {},
): Promise<WorkflowHandle> {
  const id = `dp_${name}`;
  const input = { id, dispute: id, requestedAt: await queue.now(), ...more };
  return temporal.env.client.workflow.start('review', {
    workflowId: jobWorkflowId('review', id),
    taskQueue: TASK_QUEUE,
    args: [input],
  });
}

/** What it has said of itself last, once it is as it should be. No time passes, and nothing is asked. */
const seen = (world: FakeWorld, isRight: (view: JobView) => boolean): Promise<JobView> =>
  until('the review', () => {
    const view = world.jobs.at(-1)?.view;
    return view && isRight(view) && view;
  });

const waitingOf = ({ waiting }: JobView): string[] =>
  (waiting as { id: string }[]).map(({ id }) => id);

const lines = (world: FakeWorld): string[] =>
  world.jobs.flatMap(({ lines: all }) => all.map(({ type }) => type));

const answer = (handle: WorkflowHandle, request: FeedbackRequest) =>
  handle.executeUpdate<{ version: number }, [FeedbackRequest]>('submitStepFeedback', {
    args: [request],
  });

describe('five jurors', () => {
  it('decide by majority', async () => {
    const world = new FakeWorld();
    jury(world, {
      refunds: says('contest'),
      usage: says('contest'),
      receipt: says('accept'),
      bounce: says('accept'),
      amount: says('contest'),
    });
    await temporal.run(world, async (queue) => {
      const handle = await begin(queue, 'majority', { reason: 'fraudulent' });
      const view = await seen(world, ({ status }) => status === 'decided');
      expect(view).toMatchObject({ verdict: 'contest', waiting: [], reason: 'fraudulent' });
      expect(view.endedAt).not.toBeNull();
      expect(await handle.result()).toBe('contest');
      expect(lines(world)).toEqual([
        'review_requested',
        ...Array.from({ length: 5 }, () => 'vote'),
        'verdict',
      ]);
    });
  });

  it('decide without the one who never answers and the one who cannot', async () => {
    const world = new FakeWorld();
    const never = Promise.withResolvers<Finding>();
    jury(world, {
      refunds: () => never.promise,
      usage: () => Promise.reject(ApplicationFailure.nonRetryable('the files are lost')),
      receipt: says('accept'),
      bounce: says('accept'),
      amount: says('contest'),
    });
    await temporal.run(world, async (queue) => {
      await begin(queue, 'partial', { patience: 'PT2S' });
      const view = await seen(world, ({ status }) => status === 'decided');
      expect(view).toMatchObject({
        verdict: 'accept',
        votes: [
          { juror: 'refunds', opinion: 'abstain', because: 'no answer in time' },
          { juror: 'usage', opinion: 'abstain', because: 'failed to answer' },
          { opinion: 'accept' },
          { opinion: 'accept' },
          { opinion: 'contest' },
        ],
      });
      // A worker stops when its activities have come to their end.
      never.resolve({ opinion: 'contest', because: 'too late' });
    });
  });
});

describe('a tie', () => {
  const tie = (world: FakeWorld): void =>
    jury(world, { receipt: says('accept'), amount: says('contest') });

  it('waits for people, who say what they were asked, and nothing else', async () => {
    const world = new FakeWorld();
    tie(world);
    world.activities.analyse = () => Promise.resolve({ receipt: { emails: [] } });
    await temporal.run(world, async (queue) => {
      const handle = await begin(queue, 'tie');
      const asked = await seen(world, ({ status }) => status === 'waiting');
      expect(waitingOf(asked)).toEqual(['juror:refunds', 'juror:usage', 'juror:bounce']);
      expect(asked['waiting']).toMatchObject([
        {
          question: expect.stringContaining('nothing to say') as string,
          analysis: { receipt: {} },
        },
        {},
        {},
      ]);
      const refused = await answer(handle, { stepId: 'juror:amount', opinion: 'accept' }).catch(
        (error: unknown) => error,
      );
      expect(refused).toBeInstanceOf(WorkflowUpdateFailedError);
      expect((refused as WorkflowUpdateFailedError).cause).toMatchObject({
        type: 'CommandRefused',
        message: expect.stringContaining('does not wait for feedback') as string,
      });

      await handle.signal('submitStepFeedback', { stepId: 'juror:refunds', opinion: 'abstain' });
      await seen(world, (view) => waitingOf(view).length === 2);
      const { version } = await answer(handle, { stepId: 'juror:usage', opinion: 'accept' });
      expect(world.jobs.at(-1)!.view).toMatchObject({ version, status: 'waiting' });
      await answer(handle, { stepId: 'juror:bounce', opinion: 'abstain', by: 'Ada' });
      expect(await seen(world, ({ status }) => status === 'decided')).toMatchObject({
        verdict: 'accept',
      });
      expect(await handle.result()).toBe('accept');
    });
  });

  it('answers to queries: which steps wait, and what it cannot answer', async () => {
    const world = new FakeWorld();
    tie(world);
    await temporal.run(world, async (queue) => {
      const handle = await begin(queue, 'query');
      await seen(world, ({ status }) => status === 'waiting');
      expect(await handle.query('waiting')).toMatchObject([{ id: 'juror:refunds' }, {}, {}]);
      expect(await handle.query('state')).toMatchObject({ status: 'waiting' });
      await expect(handle.query('weather')).rejects.toThrow(
        'A review does not know the query "weather"; it knows state and waiting.',
      );
    });
  });

  it('keeps in its timeline what nobody here knows, and what comes too late', async () => {
    const world = new FakeWorld();
    tie(world);
    await temporal.run(world, async (queue) => {
      const handle = await begin(queue, 'unknown');
      await seen(world, ({ status }) => status === 'waiting');
      await handle.signal('escalate', { to: 'the bank' });
      await handle.signal('submitStepFeedback', { stepId: 'decision', opinion: 'accept' });
      await until('both lines', () => lines(world).includes('ignored'));
      const all = world.jobs.flatMap(({ lines: some }) => some);
      expect(all).toContainEqual(
        expect.objectContaining({ type: 'unknown_signal', signal: 'escalate' }),
      );
      expect(JSON.stringify(all)).not.toContain('the bank');
    });
  });

  it('ends undecided when nobody says anything in time, even when nothing could be found out', async () => {
    const world = new FakeWorld();
    tie(world);
    world.activities.analyse = () => Promise.reject(ApplicationFailure.nonRetryable('closed'));
    await temporal.run(world, async (queue) => {
      const handle = await begin(queue, 'silence');
      await seen(world, ({ status }) => status === 'waiting');
      await temporal.env.sleep('8 days');
      expect(await seen(world, ({ status }) => status === 'decided')).toMatchObject({
        verdict: 'undecided',
      });
      expect(lines(world)).toContain('analysis_failed');
      expect(await handle.result()).toBe('undecided');
    });
  });
});
