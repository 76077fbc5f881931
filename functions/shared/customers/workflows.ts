import { setTimeout as sleep } from 'node:timers/promises';

import {
  COMMAND_SIGNAL,
  EXPORT_QUERY,
  workflowId,
  type ExportQueryResult,
} from '../../../workflows/domain/contract.ts';
import { HttpError } from '../http.ts';
import { grpcCode, type Temporal, type TemporalGateway } from '../temporal-client.ts';

/** All that Temporal has of a subscription. */
export interface CustomerWorkflows {
  /** What the workflow knows, running or over; null when Temporal does not have it any more. Throws an {@link HttpError} 503. */
  known(subscription: string): Promise<ExportQueryResult>;
  /** Lets the workflow forget who the customer is, should it still run, and waits a while for its end; answers whether it has ended. */
  erase(subscription: string, eventId: string): Promise<boolean>;
  /** Has the histories of every run that is over deleted, and answers with how many there still were. */
  deleteHistories(subscription: string): Promise<number>;
}

const CALL_MS = 20_000;
const QUERY_MS = 8000;
const END_MS = 8000;
const LOOK_EVERY_MS = 250;

const RUNNING = 1; // WORKFLOW_EXECUTION_STATUS_RUNNING
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const FAILED_PRECONDITION = 9;
const UNAVAILABLE = 14;

export const createCustomerWorkflows = (gateway: TemporalGateway): CustomerWorkflows => ({
  async known(subscription) {
    const asked = gateway.within(QUERY_MS, ({ client }) =>
      client.getHandle(workflowId(subscription)).query<ExportQueryResult>(EXPORT_QUERY),
    );
    return asked.catch((error: unknown) => {
      const code = grpcCode(error);
      if (code === NOT_FOUND) return null;
      if (code !== DEADLINE_EXCEEDED && code !== UNAVAILABLE && code !== FAILED_PRECONDITION) {
        throw error;
      }
      throw new HttpError(503, `No worker answers for ${subscription}: try again.`);
    });
  },

  erase: (subscription, eventId) =>
    gateway.within(CALL_MS, async (temporal) => {
      if (!(await isRunning(temporal, subscription))) return true;
      await unlessGone(
        temporal.client
          .getHandle(workflowId(subscription))
          .signal(COMMAND_SIGNAL, { type: 'erase', eventId }),
      );
      for (const until = Date.now() + END_MS; Date.now() < until; await sleep(LOOK_EVERY_MS)) {
        if (!(await isRunning(temporal, subscription))) return true;
      }
      return false;
    }),

  deleteHistories: (subscription) =>
    gateway.within(CALL_MS, async (temporal) => {
      const { connection, namespace } = temporal;
      let deleted = 0;
      for (const runId of await runsOf(temporal, subscription)) {
        // One that runs would be terminated, and the list may be behind.
        if (await isRunning(temporal, subscription, runId)) continue;
        const workflowExecution = { workflowId: workflowId(subscription), runId };
        const request = { namespace, workflowExecution };
        if (await unlessGone(connection.workflowService.deleteWorkflowExecution(request))) {
          deleted += 1;
        }
      }
      return deleted;
    }),
});

/** Every run that Temporal still lists, and the latest, which it may not list yet. */
async function runsOf(temporal: Temporal, subscription: string): Promise<Set<string>> {
  const { connection, namespace } = temporal;
  const latest = await describe(temporal, subscription);
  const runs = new Set(latest === undefined ? [] : [latest.runId]);
  const query = `WorkflowId = '${workflowId(subscription).replaceAll("'", "''")}'`;
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await connection.workflowService.listWorkflowExecutions({
      namespace,
      query,
      ...(nextPageToken && { nextPageToken }),
    });
    for (const { execution } of page.executions ?? []) runs.add(execution!.runId!);
    nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
  } while (nextPageToken !== undefined);
  return runs;
}

/** One run, or the latest; undefined when there is none. */
async function describe(
  { connection, namespace }: Temporal,
  subscription: string,
  runId?: string,
): Promise<{ runId: string; status: number } | undefined> {
  const execution = { workflowId: workflowId(subscription), ...(runId && { runId }) };
  try {
    const found = await connection.workflowService.describeWorkflowExecution({
      namespace,
      execution,
    });
    const info = found.workflowExecutionInfo!;
    return { runId: info.execution!.runId!, status: Number(info.status) };
  } catch (error) {
    if (grpcCode(error) === NOT_FOUND) return undefined;
    throw error;
  }
}

const isRunning = async (
  temporal: Temporal,
  subscription: string,
  runId?: string,
): Promise<boolean> => (await describe(temporal, subscription, runId))?.status === RUNNING;

/** False when there was nothing (any more) to do it to. */
async function unlessGone(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (grpcCode(error) === NOT_FOUND) return false;
    throw error;
  }
}
