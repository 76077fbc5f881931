import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';

import { until } from '../../local/until.ts';
import {
  COMMAND_SIGNAL,
  STATE_QUERY,
  TASK_QUEUE,
  workflowId,
  type RequestUpdate,
  type Updated,
} from '../../workflows/domain/contract.ts';
import type { ProviderSubscription } from '../../workflows/domain/provider.ts';
import type { CancelRequest } from '../../workflows/domain/requests.ts';
import { addDays } from '../../workflows/domain/time.ts';
import { Drive } from '../support/drive.ts';
import { observe, seen, start, unix } from '../support/fixtures.ts';
import { FakeWorld, useTemporal, type Queue } from '../support/workflows.ts';

const temporal = useTemporal();

/** A trial of 14 days that has begun, in self mode. */
async function beginTrial(
  world: FakeWorld,
  queue: Queue,
  name: string,
  more: Parameters<typeof start>[0] = {},
) {
  const id = `sub_${name}`;
  const now = await queue.now();
  const trial = { start: now, end: addDays(now, 14) };
  const handle = await queue.send(id, start({ at: now, trial, ...more }));
  const drive = new Drive(temporal.env, world, id);
  await drive.until('the trial', ({ status }) => status === 'trialing');
  return { id, trial, handle, drive };
}

const cancel = (
  handle: WorkflowHandle,
  request: Omit<CancelRequest, 'type'>,
  updateId: string,
): Promise<Updated> =>
  handle.executeUpdate<Updated, [RequestUpdate]>('cancel', {
    args: [{ type: 'cancel', ...request }],
    updateId,
  });

const current = (id: string): WorkflowHandle =>
  temporal.env.client.workflow.getHandle(workflowId(id));

describe('a trial', () => {
  it('sends its mail at the instants that are due, converts, and goes on as a subscription', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id, trial, drive } = await beginTrial(world, queue, 'whole');
      await drive.forwardTo(addDays(trial.start, 15));
      await drive.until('the conversion', ({ status }) => status === 'active');
      expect(world.mail.slice(1)).toEqual([
        `trial_ending ${addDays(trial.end, -7)}`,
        `trial_ending ${addDays(trial.end, -3)}`,
        `converted ${trial.end}`,
      ]);
      expect(world.charges).toEqual([`${id}:${trial.end}:1`]);
      expect((await current(id).describe()).type).toBe('subscription');
    });
  });

  it('signalled twice is one trial', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id, trial, drive } = await beginTrial(world, queue, 'twice');
      const again = start({ at: trial.start, trial });
      await queue.send(id, again);
      await queue.send(id, again);
      await drive.forwardTo(addDays(trial.start, 1));
      expect(world.emails).toHaveLength(1);
      expect(world.publications).toHaveLength(1);
    });
  });

  it('of a subscription that has ended for good closes without a word', async () => {
    const world = new FakeWorld();
    world.activities.findTraces = () =>
      Promise.resolve({
        tombstone: { status: 'canceled', endedAt: '2026-01-01T00:00:00.000Z' },
      });
    await temporal.run(world, async (queue) => {
      const id = 'sub_buried';
      const handle = await queue.send(id, start());
      await until('the end', async () => (await handle.describe()).status.name === 'COMPLETED');
      expect(world).toMatchObject({ publications: [], emails: [], notes: ['evt_start'] });
    });
  });
});

describe('a subscription', () => {
  it('renews in runs that stay small, and carries its state from one to the next', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id, trial, drive } = await beginTrial(world, queue, 'years');
      await drive.forwardTo(addDays(trial.start, 400));
      const { version } = await drive.until('a year of renewals', () => world.charges.length >= 13);
      expect(new Set(world.charges).size).toBe(world.charges.length);
      const versions = world.publications.map(({ change }) => change.projection.version);
      expect(versions).toEqual(versions.map((_, i) => i + 1));
      expect(version).toBe(versions.at(-1));
      const { raw } = await current(id).describe();
      expect(Number(raw.workflowExecutionInfo!.historySizeBytes ?? 0)).toBeLessThan(5000);
    });
  });

  it('is cancelled by an update that answers when all is recorded', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id } = await beginTrial(world, queue, 'update');
      const { version } = await cancel(current(id), { reason: 'moving' }, 'key-1');
      const last = world.publications.at(-1)!.change;
      expect(version).toBe(2);
      expect(last).toMatchObject({
        projection: { status: 'canceled', version: 2 },
        tombstone: { status: 'canceled' },
        command: { key: 'key-1' },
      });
      await until(
        'the end',
        async () => (await current(id).describe()).status.name === 'COMPLETED',
      );
    });
  });

  it('refuses what its state does not allow, with the reason', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id } = await beginTrial(world, queue, 'refuse');
      await cancel(current(id), { atPeriodEnd: true }, 'key-1');
      const refused = cancel(current(id), { atPeriodEnd: true }, 'key-2');
      await expect(refused).rejects.toThrow(WorkflowUpdateFailedError);
      await expect(refused).rejects.toMatchObject({
        cause: {
          type: 'CommandRefused',
          message: expect.stringMatching(/already set to end at/) as string,
        },
      });
    });
  });

  it('obeys one of two commands at the same time, and refuses the other', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id } = await beginTrial(world, queue, 'race');
      const outcomes = await Promise.allSettled([
        cancel(current(id), { atPeriodEnd: true }, 'key-1'),
        cancel(current(id), { atPeriodEnd: true }, 'key-2'),
      ]);
      expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(world.mail.filter((line) => line.startsWith('cancellation_scheduled'))).toHaveLength(
        1,
      );
    });
  });
});

describe('trouble', () => {
  it('with a charge goes on as a patient activity, under the same key', async () => {
    const world = new FakeWorld();
    const tries: string[] = [];
    world.activities.charge = ({ key }) => {
      tries.push(key);
      return tries.length < 5
        ? Promise.reject(new Error('the provider is away'))
        : Promise.resolve({ outcome: 'paid' });
    };
    await temporal.run(world, async (queue) => {
      const { id, trial, drive } = await beginTrial(world, queue, 'charge');
      await drive.forwardTo(addDays(trial.end, -0.001));
      await drive.patiently('the conversion', ({ status }) => status === 'active');
      expect(new Set(tries)).toEqual(new Set([`${id}:${trial.end}:1`]));
      expect(tries).toHaveLength(5);
    });
  });

  it('with mail does not hold up the subscription, and the mail goes out later', async () => {
    const world = new FakeWorld();
    let isDown = true;
    world.activities.publish = (publication) => {
      world.publications.push(publication);
      return Promise.resolve({ emails: publication.emails.map(({ key }) => key) });
    };
    world.activities.sendEmails = (emails) => {
      if (isDown) return Promise.reject(new Error('no mail today'));
      world.emails.push(...emails);
      return Promise.resolve();
    };
    await temporal.run(world, async (queue) => {
      const { id, trial, drive } = await beginTrial(world, queue, 'mail');
      await drive.forwardTo(addDays(trial.start, 0.01));
      expect((await cancel(current(id), { atPeriodEnd: true }, 'key-1')).version).toBe(2);
      expect(world.emails).toEqual([]);
      isDown = false;
      await drive.forwardTo(addDays(trial.start, 0.2));
      await until('the mail', () => world.emails.length === 2);
      expect(world.emails.map(({ type }) => type).toSorted()).toEqual([
        'cancellation_scheduled',
        'welcome',
      ]);
    });
  });

  it('with an e-mail that is to be sent again holds up nothing', async () => {
    const world = new FakeWorld();
    let tries = 0;
    world.activities.resendEmail = () => {
      tries += 1;
      return tries < 5 ? Promise.reject(new Error('no mail today')) : Promise.resolve(true);
    };
    await temporal.run(world, async (queue) => {
      const { id, trial, drive } = await beginTrial(world, queue, 'resend');
      const args: [RequestUpdate] = [{ type: 'resend_email', email: 'welcome' }];
      await current(id).executeUpdate<Updated, [RequestUpdate]>('resend_email', { args });
      await cancel(current(id), { atPeriodEnd: true }, 'key-1');
      expect(tries).toBeLessThan(5);
      await drive.forwardTo(addDays(trial.start, 0.2));
      await until('the mail', () => tries === 5);
    });
  });

  it('with an unknown subscription ends in the dead letters when no start comes', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const id = 'sub_orphan';
      const handle = await queue.send(id, { type: 'cancel', eventId: 'evt_cancel' }, 'active');
      await temporal.env.sleep('1 minute');
      await until('the end', async () => (await handle.describe()).status.name === 'COMPLETED');
      expect(world.letters).toEqual([expect.stringMatching(/^evt_cancel: unknown subscription/)]);
      expect(world.publications).toEqual([]);
    });
  });

  it('with the order of messages is none: what came before the start is applied after it', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const id = 'sub_early';
      const now = await queue.now();
      await queue.send(id, { type: 'cancel', eventId: 'evt_cancel', atPeriodEnd: true }, 'active');
      await queue.send(id, start({ at: now, trial: { start: now, end: addDays(now, 14) } }));
      const drive = new Drive(temporal.env, world, id);
      await drive.until('the cancellation', ({ cancelAt }) => cancelAt !== null);
      expect(world.letters).toEqual([]);
    });
  });
});

describe('what an operator or a sender may do wrong', () => {
  it('a command that makes no sense is a dead letter, and the subscription goes on', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id, drive } = await beginTrial(world, queue, 'nonsense');
      await queue.send(id, { type: 'dance', eventId: 'evt_dance' } as never);
      await queue.send(id, {
        type: 'update_customer',
        eventId: 'evt_more',
        customer: { name: 'Eve' },
      });
      await drive.until('the command after it', ({ version }) => version === 2);
      expect(world.letters).toEqual([expect.stringMatching(/^evt_dance: it cannot be applied/)]);
    });
  });

  it('a command that is nothing at all is a dead letter too', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id, drive } = await beginTrial(world, queue, 'nothing');
      await current(id).signal(COMMAND_SIGNAL);
      await queue.send(id, { type: 'update_customer', eventId: 'e', customer: { name: 'Eve' } });
      await drive.until('the command after it', ({ version }) => version === 2);
      expect(world.letters).toEqual([expect.stringContaining('it cannot be applied')]);
    });
  });

  it('a command whose outcome makes no sense leaves the subscription as it was', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const policy = { quietHours: { from: '22:00', to: '08:00' } };
      const { id, trial, drive } = await beginTrial(world, queue, 'nowhere', { policy });
      const customer = { timezone: 'Mars/Olympus' };
      await queue.send(id, { type: 'update_customer', eventId: 'evt_mars', customer });
      await until('the dead letter', () => world.letters.length > 0);
      expect(world.letters).toEqual([expect.stringMatching(/^evt_mars: it cannot be applied/)]);
      await queue.send(id, { type: 'cancel', eventId: 'evt_cancel', atPeriodEnd: true });
      const { cancelAt, version } = await drive.until('the next', (now) => now.cancelAt !== null);
      expect({ cancelAt, version }).toEqual({ cancelAt: trial.end, version: 2 });
    });
  });

  it('an activity that is given up for good does not end the subscription', async () => {
    const world = new FakeWorld();
    world.activities.findTraces = () =>
      Promise.reject(ApplicationFailure.nonRetryable('an operator has failed it'));
    await temporal.run(world, async (queue) => {
      // Not by the queue, whose workflows are replayed: this one fails there as well.
      const now = await queue.now();
      const handle = await temporal.env.client.workflow.signalWithStart('trial', {
        workflowId: workflowId('sub_failed'),
        taskQueue: TASK_QUEUE,
        args: [{ id: 'sub_failed' }],
        signal: COMMAND_SIGNAL,
        signalArgs: [start({ at: now, trial: { start: now, end: addDays(now, 14) } })],
      });
      await until('the failure of the task', async () => {
        const { events } = await handle.fetchHistory();
        return events?.some((event) => event.workflowTaskFailedEventAttributes);
      });
      expect((await handle.describe()).status.name).toBe('RUNNING');
    });
  });

  it('a terminated workflow is followed by one that counts on where it stood', async () => {
    const world = new FakeWorld();
    world.activities.findTraces = () =>
      Promise.resolve({ version: world.publications.at(-1)?.change.projection.version ?? 0 });
    await temporal.run(world, async (queue) => {
      const { id, trial, handle } = await beginTrial(world, queue, 'terminated');
      await handle.terminate();
      await queue.send(id, start({ at: trial.start, trial }));
      await until('the second run', () => world.publications.length === 2);
      expect(world.publications[1]!.change.projection.version).toBe(2);
    });
  });
});

describe('a policy of all subscriptions', () => {
  it('holds for one that brings none of its own', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const now = await queue.now();
      const trial = { start: now, end: addDays(now, 8) };
      await queue.send('sub_policy', start({ at: now, trial }), 'trialing', {
        trialReminders: ['P1D'],
      });
      const drive = new Drive(temporal.env, world, 'sub_policy');
      const { nextAction } = await drive.until('the trial', ({ status }) => status === 'trialing');
      expect(nextAction).toEqual({ type: 'trial_reminder', at: addDays(trial.end, -1) });
    });
  });
});

describe('orphans', () => {
  it('are each heard, also when the first has been given up', async () => {
    const world = new FakeWorld();
    const id = 'sub_orphans';
    let second = (): Promise<unknown> => Promise.resolve();
    world.activities.deadLetter = async ({ command }) => {
      await second();
      world.letters.push(command.eventId);
    };
    await temporal.run(world, async (queue) => {
      second = async () => {
        second = () => Promise.resolve();
        await queue.send(id, { type: 'cancel', eventId: 'evt_second' }, 'active');
      };
      const handle = await queue.send(id, { type: 'cancel', eventId: 'evt_first' }, 'active');
      await temporal.env.sleep('1 minute');
      await temporal.env.sleep('1 minute');
      await until('the end', async () => (await handle.describe()).status.name === 'COMPLETED');
      // One that is written again is the same letter to the queue.
      expect(new Set(world.letters)).toEqual(new Set(['evt_first', 'evt_second']));
    });
  });
});

describe('in provider mode', () => {
  it('the provider is asked first, and when its word does not come', async () => {
    const world = new FakeWorld();
    let asked = 0;
    let answer = (): Promise<ProviderSubscription | null> => Promise.resolve(null);
    world.activities.fetchSubscription = () => {
      asked += 1;
      return answer();
    };
    await temporal.run(world, async (queue) => {
      const id = 'sub_provider';
      const now = await queue.now();
      const trial = { start: now, end: addDays(now, 14) };
      const view = seen({ id, trial, period: trial, createdAt: now, anchor: trial.end });
      const paying = {
        ...view,
        status: 'active' as const,
        period: { start: trial.end, end: addDays(trial.end, 31) },
      };
      answer = async () => ((await queue.now()) < trial.end ? view : paying);
      await queue.send(id, observe(unix(now), view));
      const drive = new Drive(temporal.env, world, id);
      await drive.until('the trial', ({ status }) => status === 'trialing');
      expect(asked).toBe(1);
      await drive.forwardTo(addDays(now, 15));
      const healed = await drive.until('the answer', ({ status }) => status === 'active');
      expect(asked).toBe(2);
      expect(healed.nextAction).toEqual({
        type: 'reconcile',
        at: new Date(Date.parse(paying.period.end) + 7_200_000).toISOString(),
      });
      expect((await current(id).describe()).type).toBe('subscription');
    });
  });

  it('a query tells what is known, and nothing before that', async () => {
    await temporal.run(new FakeWorld(), async (queue) => {
      const handle = await queue.send(
        'sub_query',
        { type: 'end', eventId: 'e1', at: '2026-01-01T00:00:00.000Z' },
        'active',
      );
      expect(await handle.query(STATE_QUERY)).toBeNull();
    });
  });
});
