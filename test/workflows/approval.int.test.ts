import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';

import { until } from '../../local/until.ts';
import type { ApprovalInput, Statement } from '../../workflows/domain/approval.ts';
import { SEARCH_ATTRIBUTES, TASK_QUEUE, type Updated } from '../../workflows/domain/contract.ts';
import { jobWorkflowId, type JobView } from '../../workflows/domain/jobs.ts';
import { addDuration, toMs } from '../../workflows/domain/time.ts';
import { FakeWorld, useTemporal } from '../support/workflows.ts';

const temporal = useTemporal();

/** A request of this name, running, and what is done with it. */
async function ask(world: FakeWorld, id: string, more: Partial<ApprovalInput> = {}) {
  const start = new Date(await temporal.env.currentTimeMs()).toISOString();
  const input: ApprovalInput = {
    id,
    requestedAt: start,
    summary: 'A refund of a year',
    approver: { id: 'ann', email: 'ann@example.com' },
    requester: { id: 'cus_1', email: 'eve@example.com' },
    ...more,
  };
  const handle = await temporal.env.client.workflow.start('approval', {
    workflowId: jobWorkflowId('approval', id),
    taskQueue: TASK_QUEUE,
    args: [input],
  });
  const seen = (): JobView | undefined => world.jobs.findLast(({ view }) => view.id === id)?.view;
  const wait = (status: string, version = 0): Promise<JobView> =>
    until(`${id} is ${status}`, () => {
      const view = seen();
      return view?.status === status && view.version >= version && view;
    });
  const view = await wait('requested');
  /** Lets time pass until so long after the beginning. */
  const forward = async (duration: string): Promise<void> => {
    const target = toMs(addDuration(view.createdAt, duration));
    await temporal.env.sleep(Math.max(target - (await temporal.env.currentTimeMs()), 0));
  };
  return { handle, wait, forward, at: (duration: string) => addDuration(view.createdAt, duration) };
}

const update = (handle: WorkflowHandle, name: string, said: Statement): Promise<Updated> =>
  handle.executeUpdate<Updated, [Statement]>(name, { args: [said] });

/** The failure's type and message. */
async function failureOf(asked: Promise<unknown>): Promise<string> {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof WorkflowUpdateFailedError)) throw new Error('it was obeyed');
  const { type, message } = error.cause as ApplicationFailure;
  return `${type}: ${message}`;
}

const ended = (handle: WorkflowHandle) =>
  until('the end', async () => {
    const description = await handle.describe();
    return description.status.name === 'COMPLETED' && description;
  });

describe('an approval', () => {
  it('by signal ends it, tells who asked, and notes what follows', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async () => {
      const action = {
        type: 'refund' as const,
        subscription: 'sub_1',
        amount: { amount: 19_000, currency: 'usd' },
      };
      const { handle, wait } = await ask(world, 'apr_yes', { action });
      await handle.signal('approve', { by: 'ann' });
      expect(await wait('approved')).toMatchObject({
        decision: { decision: 'approved', by: 'ann' },
        action,
        outcome: 'noted',
        subscription: 'sub_1',
      });
      const { searchAttributes } = await ended(handle);
      expect(searchAttributes[SEARCH_ATTRIBUTES.job]).toEqual(['approval:approved']);
      expect(await handle.result()).toMatchObject({ status: 'approved' });
      expect(world.jobs.flatMap(({ lines }) => lines.map(({ type }) => type))).toEqual([
        'requested',
        'approved',
        'outcome',
      ]);
      expect(world.emails.map(({ type, to }) => `${type} ${to.id}`)).toEqual([
        'approval_requested ann',
        'approval_decided cus_1',
      ]);
    });
  });

  it('by update is recorded once it is answered', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async () => {
      const { handle } = await ask(world, 'apr_update');
      expect(await update(handle, 'approve', { by: 'ann' })).toEqual({ version: 2 });
      expect(world.jobs.at(-1)?.view).toMatchObject({ status: 'approved', version: 2 });
      expect(world.jobs.at(-1)?.view).not.toHaveProperty('outcome');
    });
  });
});

it('a rejection has a reason, which who asked is told', async () => {
  const world = new FakeWorld();
  await temporal.run(world, async () => {
    const { handle, wait } = await ask(world, 'apr_no');
    await handle.signal('reject', { by: 'ann' });
    await until('the complaint', () => world.jobs.length === 2);
    await handle.signal('reject', { by: 'ann', reason: 'not this year' });
    await wait('rejected');
    expect(world.emails.at(-1)).toMatchObject({
      type: 'approval_decided',
      data: { decision: 'rejected', reason: 'not this year' },
    });
    expect(world.jobs[1]?.lines).toMatchObject([{ type: 'decision_ignored' }]);
  });
});

describe('for want of a decision', () => {
  it.each([
    ['two days', {}, 'PT24H', 'PT48H'],
    ['three days', { limit: 'PT72H' }, 'PT48H', 'PT72H'],
  ])(
    'the approver is reminded a day before, and it expires after %s',
    async (_, more, reminder, limit) => {
      const world = new FakeWorld();
      await temporal.run(world, async () => {
        const { handle, wait, forward, at } = await ask(world, 'apr_late', more);
        await forward(reminder);
        await wait('requested', 2);
        await forward(limit);
        await wait('expired');
        await ended(handle);
        expect(world.mail).toEqual([
          `approval_requested ${at('PT0S')}`,
          `approval_reminder ${at(reminder)}`,
          `approval_decided ${at(limit)}`,
        ]);
        expect(world.emails.at(-1)?.data.decision).toBe('expired');
      });
    },
  );

  it('the next one is asked, and decides', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async () => {
      const escalateTo = { id: 'bob', email: 'bob@example.com' };
      const { handle, wait, forward, at } = await ask(world, 'apr_up', {
        escalateTo,
        limit: 'PT2H',
        escalationLimit: 'PT4H',
      });
      await forward('PT1H');
      await wait('requested', 2);
      await forward('PT2H');
      const escalated = await wait('escalated');
      expect(escalated['approver']).toBe('bob');
      // Whoever is asked has all of their time, however late they are asked.
      expect(toMs(escalated['deadline'] as string)).toBeGreaterThanOrEqual(toMs(at('PT6H')));
      await update(handle, 'approve', { by: 'bob' });
      expect(await wait('approved')).toMatchObject({ decision: { by: 'bob' } });
      expect(world.emails.map(({ type, to }) => `${type} ${to.id}`)).toEqual([
        'approval_requested ann',
        'approval_reminder ann',
        'approval_requested bob',
        'approval_decided cus_1',
      ]);
    });
  });

  it('the next one has a limit as well', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async () => {
      const escalateTo = { id: 'bob', email: 'bob@example.com' };
      const { wait, forward } = await ask(world, 'apr_over', { escalateTo, limit: 'PT2H' });
      for (const [time, version] of [
        ['PT1H', 2],
        ['PT2H', 3],
        ['PT3H', 4],
        ['PT4H', 5],
      ] as const) {
        await forward(time);
        await until(`what is due after ${time}`, () => world.jobs.length >= version);
      }
      const { approver, expiresAt } = await wait('expired');
      expect([approver, expiresAt]).toEqual(['bob', world.jobs.at(-1)?.view.endedAt]);
    });
  });
});

describe('more than one decision', () => {
  it('at once: the first counts, the other is kept', async () => {
    const world = new FakeWorld();
    let isSlow = true;
    const publishJob = world.activities.publishJob.bind(world);
    const decided = Promise.withResolvers<void>();
    world.activities.publishJob = async (publication) => {
      if (publication.change.view.status === 'approved' && isSlow) {
        isSlow = false;
        await decided.promise;
      }
      return publishJob(publication);
    };
    await temporal.run(world, async () => {
      const { handle, wait } = await ask(world, 'apr_two');
      await handle.signal('approve', { by: 'ann' });
      await until('the first', () => !isSlow);
      expect(await failureOf(update(handle, 'reject', { by: 'bob', reason: 'no' }))).toMatch(
        /^CommandRefused: It has already been approved by ann on /,
      );
      await handle.signal('reject', { by: 'cy', reason: 'no' });
      decided.resolve();
      await wait('approved', 3);
      await ended(handle);
      expect(world.jobs.at(-1)?.lines).toMatchObject([
        { type: 'decision_ignored', decision: 'rejected', by: 'cy' },
      ]);
      expect(world.emails.filter(({ type }) => type === 'approval_decided')).toHaveLength(1);
    });
  });

  it('by updates at once: one is obeyed, the other is told that it came too late', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async () => {
      const { handle } = await ask(world, 'apr_race');
      const both = await Promise.allSettled([
        update(handle, 'approve', { by: 'ann' }),
        update(handle, 'reject', { by: 'bob', reason: 'no' }),
      ]);
      expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    });
  });
});

it('a decision of somebody who is not listed is refused, and leaves no trace when it was an update', async () => {
  const world = new FakeWorld();
  await temporal.run(world, async () => {
    const { handle, wait } = await ask(world, 'apr_wrong', { approvers: ['cy'] });
    expect(await failureOf(update(handle, 'approve', { by: 'mallory' }))).toBe(
      'CommandRefused: mallory is not among those who may decide.',
    );
    const { events = [] } = await handle.fetchHistory();
    expect(events?.some((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toBe(
      false,
    );
    await handle.signal('approve', { by: 'mallory' });
    await wait('requested', 2);
    await update(handle, 'approve', { by: 'cy' });
    await wait('approved');
  });
});

it('mail that cannot go out holds up the end only', async () => {
  const world = new FakeWorld();
  const publishJob = world.activities.publishJob.bind(world);
  world.activities.publishJob = async ({ change, emails }) => {
    await publishJob({ change, emails: [] });
    return { emails: emails.map(({ key }) => key) };
  };
  await temporal.run(world, async () => {
    const { handle } = await ask(world, 'apr_mail');
    await until('the mail', () => world.emails.length === 1);
    await update(handle, 'approve', { by: 'ann' });
    await ended(handle);
    expect(world.emails.map(({ type }) => type)).toEqual([
      'approval_requested',
      'approval_decided',
    ]);
  });
});
