import { ScheduleNotFoundError, type Client, type ScheduleHandle } from '@temporalio/client';

import { RECONCILE, type ReconcileReport } from '../../workflows/domain/reconcile.ts';
import type { Instant } from '../../workflows/domain/time.ts';

/** What can be done about the schedule of the nightly reconciliation. */
export const ACTIONS = ['pause', 'resume', 'trigger', 'backfill', 'describe'] as const;

export interface Order {
  action: (typeof ACTIONS)[number];
  /** Why, for whoever looks at it next. */
  note?: string;
  /** Of a backfill: the nights between these are made up for. */
  from?: Instant;
  to?: Instant;
}

/** How it stands with the schedule. */
export interface Standing {
  paused: boolean;
  note?: string;
  /** When it runs next. */
  next: Instant[];
  /** How often a run was left out because one still ran, and how many have been begun. */
  skipped: number;
  begun: number;
  running: string[];
  last?: { workflow: string; at: Instant; status: string; report?: ReconcileReport };
}

/** As many of the next times as anybody wants to see. */
const NEXT = 3;

/** Does what was ordered, and says how it stands then. Throws when there is no schedule. */
export async function steer(client: Client, { action, note, from, to }: Order): Promise<Standing> {
  const handle = client.schedule.getHandle(RECONCILE);
  try {
    await act(handle);
    return await standing(client, handle);
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    throw new Error(
      'There is no schedule: a worker makes it when it starts, unless RECONCILE is off.',
      { cause: error },
    );
  }

  async function act(schedule: ScheduleHandle): Promise<void> {
    switch (action) {
      case 'pause':
        return schedule.pause(note ?? 'paused by hand');
      case 'resume':
        return schedule.unpause(note ?? 'resumed by hand');
      case 'trigger':
        // Unless told otherwise the client lets it run beside another one.
        return schedule.trigger('SKIP');
      case 'backfill':
        if (from === undefined || to === undefined)
          throw new Error('a backfill has --from and --to');
        // One after the other: each of them compares everything.
        return schedule.backfill({
          start: new Date(from),
          end: new Date(to),
          overlap: 'BUFFER_ALL',
        });
      case 'describe':
        return undefined;
      default:
        return action satisfies never;
    }
  }
}

async function standing(client: Client, handle: ScheduleHandle): Promise<Standing> {
  const { state, info } = await handle.describe();
  const latest = info.recentActions.at(-1);
  return {
    paused: state.paused,
    ...(state.note && { note: state.note }),
    next: info.nextActionTimes.slice(0, NEXT).map((time) => time.toISOString()),
    skipped: info.numActionsSkippedOverlap,
    begun: info.numActionsTaken,
    running: info.runningActions.map(({ workflow }) => workflow.workflowId),
    ...(latest && { last: await lastRun(client, latest.action.workflow, latest.takenAt) }),
  };
}

async function lastRun(
  client: Client,
  { workflowId, firstExecutionRunId: runId }: { workflowId: string; firstExecutionRunId: string },
  takenAt: Date,
): Promise<NonNullable<Standing['last']>> {
  const run = client.workflow.getHandle(workflowId, runId);
  const status = (await run.describe()).status.name;
  const report = status === 'COMPLETED' ? ((await run.result()) as ReconcileReport) : undefined;
  return { workflow: workflowId, at: takenAt.toISOString(), status, ...(report && { report }) };
}
