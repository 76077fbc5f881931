import { expect, it } from 'vitest';

import {
  COMMAND_SIGNAL,
  TASK_QUEUE,
  workflowFor,
  workflowId,
} from '../../workflows/domain/contract.ts';
import { addDays } from '../../workflows/domain/time.ts';
import { Drive } from '../support/drive.ts';
import { start } from '../support/fixtures.ts';
import { FakeWorld, useTemporal, type Queue } from '../support/workflows.ts';

const temporal = useTemporal();

/** A trial whose workflow may live for 30 days at most, and that somebody is going to cancel. */
async function begin(queue: Queue, name: string) {
  const id = `sub_${name}`;
  const now = await queue.now();
  return temporal.env.client.workflow.signalWithStart(workflowFor('trialing'), {
    workflowId: workflowId(id),
    taskQueue: TASK_QUEUE,
    args: [{ id }],
    workflowExecutionTimeout: '30 days',
    signal: COMMAND_SIGNAL,
    signalArgs: [start({ at: now, trial: { start: now, end: addDays(now, 14) } })],
  });
}

const cancel = { type: 'cancel', eventId: 'evt_cancel' } as const;

it('awaiting the result of a workflow that waits for a signal lets the time run past it', async () => {
  await temporal.run(new FakeWorld(), async (queue) => {
    const handle = await begin(queue, 'trap');
    // The result is awaited before the signal is sent: the clock runs on to the execution time-out.
    await expect(handle.result()).rejects.toThrow('Workflow execution timed out');
    await expect(handle.signal(COMMAND_SIGNAL, cancel)).rejects.toThrow(/completed/i);
  });
});

it('watching it does not: the result is awaited only once it has said that it is over', async () => {
  const world = new FakeWorld();
  await temporal.run(world, async (queue) => {
    const handle = await begin(queue, 'driven');
    const drive = new Drive(temporal.env, world, 'sub_driven');
    await drive.until('the trial', ({ status }) => status === 'trialing');
    await handle.signal(COMMAND_SIGNAL, cancel);
    await drive.until('the end', ({ status }) => status === 'canceled');
    await expect(handle.result()).resolves.toBeUndefined();
  });
});
