import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import type { temporal } from '@temporalio/proto';

import { workflowId } from '../../../workflows/domain/contract.ts';
import type { Temporal } from '../temporal-client.ts';

const RUNNING = 1; // WORKFLOW_EXECUTION_STATUS_RUNNING
const CONTINUED_AS_NEW = 6; // WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW
const SCHEDULED = 1; // PENDING_ACTIVITY_STATE_SCHEDULED
const STARTED = 2; // PENDING_ACTIVITY_STATE_STARTED
/** The activity that waits for a customer, perhaps for days; tried again, it first looks whether the answer has come. */
const PATIENT = 'awaitAuthentication';
const PATIENCE_MS = 30 * 86_400_000;
/** A workflow task that has failed this often is not going to succeed by waiting. */
const HOPELESS_ATTEMPT = 3;

/** One look at a workflow. Times are milliseconds of its own, possibly virtual, clock. */
export interface Snapshot {
  isClosed: boolean;
  now: number;
  /** The next timer or retry; undefined when there is none. */
  next: Upcoming | undefined;
  /** What is still going on, in words; undefined when it has settled. */
  pending: string | undefined;
  /** Differs whenever anything has happened. */
  mark: string;
}

/** What the workflow waits for. */
export interface Upcoming {
  /** The instant that is meant. */
  due: number;
  /** When it happens: later by as long as the workflow task took that asked for it, as the server counts from its end. */
  fires: number;
}

type History = temporal.api.history.v1.IHistoryEvent[];
type PendingActivity = temporal.api.workflow.v1.IPendingActivityInfo;

/** One subscription's workflow, seen and moved from outside. */
export class Execution {
  readonly #temporal: Temporal;
  readonly #workflowId: string;

  constructor(temporal: Temporal, subscription: string) {
    this.#temporal = temporal;
    this.#workflowId = workflowId(subscription);
  }

  /** A look at which description and history agree. */
  async look(): Promise<Snapshot> {
    for (;;) {
      const description = await this.#describe();
      const info = description.workflowExecutionInfo!;
      const events = await this.#history(info.execution!.runId!);
      if (events.length === Number(info.historyLength)) return snapshotOf(description, events);
    }
  }

  /**
   * Lets idle time pass until the next timer or retry is due, or for `ms` milliseconds, whichever is less. Only for a
   * workflow that has settled: it is what makes a timer fire in its own instant and never in a later one.
   */
  async skip(ms: number): Promise<void> {
    const { connection, namespace } = this.#temporal;
    await this.#release();
    await connection.workflowService.updateWorkflowExecutionOptions({
      namespace,
      workflowExecution: { workflowId: this.#workflowId },
      workflowExecutionOptions: {
        timeSkippingConfig: {
          enabled: true,
          maxSessionSkipCount: 1,
          fastForwardConfig: { id: crypto.randomUUID(), duration: msToTs(ms) },
        },
      },
      updateMask: { paths: ['time_skipping_config'] },
    });
  }

  /**
   * No time can be skipped while an activity is under way. One that waits for a customer is sent into its back-off, which
   * can; the answer comes as a signal then.
   */
  async #release(): Promise<void> {
    const { connection, namespace } = this.#temporal;
    const { pendingActivities } = await this.#describe();
    for (const { activityId } of pendingActivities.filter(isPatient)) {
      await connection.workflowService.respondActivityTaskFailedById({
        namespace,
        workflowId: this.#workflowId,
        activityId: activityId!,
        failure: {
          message: 'a test clock moves on',
          applicationFailureInfo: { type: 'TestClock', nextRetryDelay: msToTs(PATIENCE_MS) },
        },
      });
    }
  }

  async #describe() {
    const { connection, namespace } = this.#temporal;
    return connection.workflowService.describeWorkflowExecution({
      namespace,
      execution: { workflowId: this.#workflowId },
    });
  }

  async #history(runId: string): Promise<History> {
    const { connection, namespace } = this.#temporal;
    const events: History = [];
    let nextPageToken: Uint8Array | undefined;
    do {
      const page = await connection.workflowService.getWorkflowExecutionHistory({
        namespace,
        execution: { workflowId: this.#workflowId, runId },
        ...(nextPageToken && { nextPageToken }),
      });
      events.push(...(page.history?.events ?? []));
      nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
    } while (nextPageToken !== undefined);
    return events;
  }
}

function snapshotOf(
  description: temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse,
  events: History,
): Snapshot {
  const info = description.workflowExecutionInfo!;
  const skipping = description.workflowExtendedInfo?.timeSkippingInfo;
  const now = skipping?.currentTime ? tsToMs(skipping.currentTime) : Date.now();
  const status = Number(info.status);
  const isClosed = status !== RUNNING && status !== CONTINUED_AS_NEW;
  const activities = description.pendingActivities ?? [];
  const waiting = activities.filter(
    (activity) => isBackingOff(activity, now) || isPatient(activity),
  );
  const retrying = waiting.filter(({ activityType }) => activityType?.name !== PATIENT);
  const retries = retrying.map(scheduledAt).map((at) => ({ due: at, fires: at }));
  const [next] = [...openTimers(events), ...retries].toSorted((a, b) => a.fires - b.fires);
  const pending = isClosed
    ? undefined
    : whatIsPending(description, {
        hasBegun: events.some((event) => event.workflowTaskScheduledEventAttributes),
        hasContinued: status === CONTINUED_AS_NEW,
        busy: activities.filter((activity) => !waiting.includes(activity)),
        isSkipping: skipping?.effectiveConfig?.enabled === true,
        isOverdue: next !== undefined && next.fires <= now,
      });
  return {
    isClosed,
    now,
    pending,
    next,
    mark: `${info.execution!.runId} ${events.length}`,
  };
}

function whatIsPending(
  {
    pendingWorkflowTask: task,
    pendingChildren,
  }: temporal.api.workflowservice.v1.IDescribeWorkflowExecutionResponse,
  seen: {
    hasBegun: boolean;
    hasContinued: boolean;
    busy: PendingActivity[];
    isSkipping: boolean;
    isOverdue: boolean;
  },
): string | undefined {
  if (seen.hasContinued) return 'the next run has not begun';
  if (!seen.hasBegun) return 'its first workflow task has not been scheduled';
  if (task) {
    const attempt = task.attempt ?? 1;
    return attempt >= HOPELESS_ATTEMPT
      ? `its workflow task fails (attempt ${attempt}): see the worker's log`
      : 'a workflow task is under way: is a worker running?';
  }
  if (seen.busy.length > 0) {
    const names = seen.busy.map(({ activityType, attempt, lastFailure }) => {
      const why = lastFailure?.message ? `, last failure: ${lastFailure.message}` : '';
      return `${activityType?.name} (attempt ${attempt}${why})`;
    });
    return `activities are under way: ${names.join(', ')}`;
  }
  if (pendingChildren?.length) return 'child workflows are under way';
  if (seen.isSkipping) return 'time is being skipped';
  return seen.isOverdue ? 'a timer is about to fire' : undefined;
}

/** Waiting for its next attempt at a future instant: that is idle time too. */
const isBackingOff = (activity: PendingActivity, now: number): boolean =>
  Number(activity.state) === SCHEDULED &&
  Number(activity.attempt) > 1 &&
  scheduledAt(activity) > now;

/** Waiting for a customer; nothing of it is due at any time. */
const isPatient = ({ activityType, state }: PendingActivity): boolean =>
  activityType?.name === PATIENT && Number(state) === STARTED;

const scheduledAt = ({ scheduledTime }: PendingActivity): number =>
  scheduledTime ? tsToMs(scheduledTime) : 0;

/** The timers that have neither fired nor been cancelled. */
function openTimers(events: History): Upcoming[] {
  const open = new Map<string, Upcoming>();
  let taskStarted = 0;
  for (const event of events) {
    const started = event.timerStartedEventAttributes;
    const ended = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
    if (event.workflowTaskStartedEventAttributes) taskStarted = tsToMs(event.eventTime);
    if (started) {
      const ms = tsToMs(started.startToFireTimeout);
      open.set(started.timerId!, { due: taskStarted + ms, fires: tsToMs(event.eventTime) + ms });
    }
    if (ended) open.delete(ended.timerId!);
  }
  return [...open.values()];
}
