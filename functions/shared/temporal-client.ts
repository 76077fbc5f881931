import { Connection, type ConnectionOptions } from '@temporalio/client/lib/connection.js';
import { WorkflowClient } from '@temporalio/client/lib/workflow-client.js';
import { WorkflowNotFoundError } from '@temporalio/common/lib/errors.js';
import { loadClientConnectConfig } from '@temporalio/envconfig';

/** A connection that lay idle this long may be dead without anybody having been told, as a frozen sandbox is not. */
const IDLE_MS = 60_000;
const MAX_AGE_MS = 240_000;

/** What one call is given: the client, and the connection for what the client has no method for. */
export interface Temporal {
  client: WorkflowClient;
  connection: Connection;
  namespace: string;
}

interface Open extends Temporal {
  openedAt: number;
  usedAt: number;
  calls: number;
  isStale: boolean;
}

/**
 * One connection of a sandbox, kept while it is certainly alive and built anew otherwise. Keepalive pings are off: they
 * stop with the sandbox, and after a silent cut they find out too late.
 */
export class TemporalGateway {
  #open: Open | undefined;

  /** Runs `work`; every call in it has to be answered within `ms` milliseconds. */
  async within<T>(ms: number, work: (temporal: Temporal) => Promise<T>): Promise<T> {
    const open = this.#current();
    open.calls += 1;
    try {
      return await open.connection.withDeadline(Date.now() + ms, () => work(open));
    } catch (error) {
      if (isConnectionTrouble(error)) this.#drop(open);
      throw error;
    } finally {
      open.usedAt = Date.now();
      open.calls -= 1;
      if (open.isStale) closeWhenDone(open);
    }
  }

  #current(): Open {
    const now = Date.now();
    const open = this.#open;
    if (open && now - open.usedAt < IDLE_MS && now - open.openedAt < MAX_AGE_MS) return open;
    if (open) this.#drop(open);
    return (this.#open = connect(now));
  }

  #drop(open: Open): void {
    if (this.#open === open) this.#open = undefined;
    open.isStale = true;
    closeWhenDone(open);
  }
}

function connect(now: number): Open {
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    disableFile: true,
  });
  const connection = Connection.lazy({
    ...(connectionOptions as ConnectionOptions),
    channelArgs: { 'grpc.keepalive_time_ms': -1, 'grpc.keepalive_permit_without_calls': 0 },
  });
  const client = new WorkflowClient({ connection, namespace });
  return {
    connection,
    client,
    namespace,
    openedAt: now,
    usedAt: now,
    calls: 0,
    isStale: false,
  };
}

function closeWhenDone({ calls, connection }: Open): void {
  if (calls === 0) void connection.close().catch(() => undefined);
}

const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const UNAVAILABLE = 14;

/** The gRPC status behind an error of the client, if there is one; of this one kind the client keeps it to itself. */
export function grpcCode(error: unknown): number | undefined {
  if (error instanceof WorkflowNotFoundError) return NOT_FOUND;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'number') return code;
  return cause === undefined || cause === error ? undefined : grpcCode(cause);
}

function isConnectionTrouble(error: unknown): boolean {
  const code = grpcCode(error);
  return code === DEADLINE_EXCEEDED || code === UNAVAILABLE;
}
