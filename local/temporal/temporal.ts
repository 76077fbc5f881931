import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import protocol from '@temporalio/proto';

import { TASK_QUEUE } from '../../workflows/domain/contract.ts';
import type { Processes } from '../processes.ts';
import { findServer } from './find.ts';
import { prepareNamespace } from './namespace.ts';
import { serverPorts, startServer, type RunningServer } from './server.ts';

/** The Temporal that a stack works with. */
export interface Temporal {
  address: string;
  namespace: string;
  /** What a client or a worker needs in its environment to connect. */
  environment: Record<string, string>;
  /** Ours; absent when it ran already. */
  server?: RunningServer;
  /** Ends a server of ours and starts it again under the same address; what it knows survives only if persistent. */
  restart(): Promise<void>;
}

interface TemporalOptions {
  processes: Processes;
  folder: string;
  say: (line: string) => void;
  isPersistent?: boolean;
  /** `TEMPORAL_*` variables; an address among them means that a server runs already. */
  environment: Record<string, string>;
  /** Gives up looking for a server when aborted. */
  signal: AbortSignal;
}

/** A server of our own, or the one that the environment names, with its namespace made ready. */
export async function startTemporal(options: TemporalOptions): Promise<Temporal> {
  return options.environment['TEMPORAL_ADDRESS'] === undefined
    ? startOwn(options)
    : useExisting(options);
}

async function startOwn({
  processes,
  folder,
  say,
  isPersistent = false,
  signal,
}: TemporalOptions): Promise<Temporal> {
  const binary = await findServer(say, signal);
  const ports = await serverPorts();
  const start = (): Promise<RunningServer> =>
    startServer({ binary, processes, folder, isPersistent, ports });
  const server = await start();
  const { address, namespace } = server;
  const temporal: Temporal = {
    address,
    namespace,
    server,
    environment: { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace },
    async restart() {
      await temporal.server?.process.stop();
      temporal.server = await start();
    },
  };
  return temporal;
}

async function useExisting({ environment }: TemporalOptions): Promise<Temporal> {
  const address = environment['TEMPORAL_ADDRESS']!;
  const namespace = environment['TEMPORAL_NAMESPACE'] ?? 'default';
  const temporal: Temporal = {
    address,
    namespace,
    environment,
    restart: () => Promise.reject(new Error('the Temporal server is not ours to restart')),
  };
  try {
    await withConnection(temporal, (connection) => prepareNamespace(connection, namespace));
  } catch (error) {
    throw new Error(`TEMPORAL_ADDRESS: ${address} cannot be used: ${String(error)}`, {
      cause: error,
    });
  }
  return temporal;
}

/** A connection for the length of some work, made as the functions and the worker make theirs. */
export async function withConnection<T>(
  { environment }: Pick<Temporal, 'environment'>,
  work: (connection: Connection) => Promise<T>,
): Promise<T> {
  const { connectionOptions } = loadClientConnectConfig({
    disableFile: true,
    overrideEnvVars: environment,
  });
  const connection = await Connection.connect(connectionOptions);
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** Whether the server answers. */
export const isServing = (temporal: Temporal): Promise<boolean> =>
  withConnection(temporal, ({ healthService }) =>
    healthService.check({ service: 'temporal.api.workflowservice.v1.WorkflowService' }),
  ).then(
    ({ status }) => status === protocol.grpc.health.v1.HealthCheckResponse.ServingStatus.SERVING,
  );

/** Whether a worker of this identity waits for workflow tasks. */
export const isPolled = (temporal: Temporal, identity: string): Promise<boolean> =>
  withConnection(temporal, ({ workflowService }) =>
    workflowService.describeTaskQueue({
      namespace: temporal.namespace,
      taskQueue: { name: TASK_QUEUE },
      taskQueueType: protocol.temporal.api.enums.v1.TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    }),
  ).then(({ pollers }) => pollers.some((poller) => poller.identity === identity));
