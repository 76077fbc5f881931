// The one place where the worker calls: a schedule belongs to the workflow that it starts, and comes with its code.
// oxlint-disable-next-line no-restricted-imports
import {
  ScheduleAlreadyRunning,
  ScheduleClient,
  ScheduleNotFoundError,
  type ScheduleOptions,
} from '@temporalio/client';
import type { NativeConnection } from '@temporalio/worker';

import { TASK_QUEUE } from '../../workflows/domain/contract.ts';
import { RECONCILE } from '../../workflows/domain/reconcile.ts';

/** When a reconciliation is due, as a cron expression in UTC; `off` when never. */
export type ReconcileTimes = 'off' | (string & {});

/** A night that was missed is made up for until the next one is near. */
const CATCHUP = '12h';
/** One that hangs does not keep the next one from starting. */
const LONGEST = '20h';

/**
 * Makes the schedule what it is to be, however often workers start. Whether it is paused stays as it is: that is somebody's
 * decision. Two that start at once do the same.
 */
export async function ensureSchedule(
  connection: NativeConnection,
  namespace: string,
  times: ReconcileTimes,
): Promise<void> {
  const schedules = new ScheduleClient({ connection, namespace });
  const handle = schedules.getHandle(RECONCILE);
  if (times === 'off') {
    await handle.delete().catch(unlessMissing);
    return;
  }
  const schedule = {
    spec: { cronExpressions: [times] },
    policies: { overlap: 'SKIP' as const, catchupWindow: CATCHUP },
    action: {
      type: 'startWorkflow' as const,
      workflowType: RECONCILE,
      workflowId: RECONCILE,
      taskQueue: TASK_QUEUE,
      args: [],
      workflowExecutionTimeout: LONGEST,
    },
  } satisfies Omit<ScheduleOptions, 'scheduleId'>;
  try {
    await schedules.create({ ...schedule, scheduleId: RECONCILE });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    await handle.update(({ state }) => ({ ...schedule, state }));
  }
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof ScheduleNotFoundError)) throw error;
}
