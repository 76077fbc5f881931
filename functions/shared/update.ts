import { ApplicationFailure } from '@temporalio/common/lib/failure.js';

import { workflowId, type Updated } from '../../workflows/domain/contract.ts';
import { FAILURES } from '../../workflows/domain/failures.ts';
import { HttpError } from './http.ts';
import { grpcCode, type TemporalGateway } from './temporal-client.ts';

/** A command to one subscription, or to another workflow, that is answered; `key` makes it one command however often it is sent. */
export interface UpdateRequest {
  subscription: string;
  /** When it is not a subscription's. */
  workflow?: string;
  name: string;
  request: object;
  key: string;
}

/** Returns when the command has been obeyed and recorded. Throws an {@link HttpError}: 409, 412 or 422 with the reason, 503, 504. */
export type Update = (request: UpdateRequest) => Promise<void>;

const CALL_MS = 20_000;
const TRIES = 3;
/** The server gives up a call whose deadline has come as the client does, and either may be the first. */
const CANCELLED = 1;
const DEADLINE_EXCEEDED = 4;
const NOT_FOUND = 5;
const ABORTED = 10;
const UNAVAILABLE = 14;

/** A run may end between the call and its answer by continuing as new; the next run knows the same key. */
export function createUpdate(temporal: TemporalGateway): Update {
  return async ({ subscription, workflow, name, request, key }) => {
    for (let left = TRIES; ; left--) {
      try {
        await temporal.within(CALL_MS, ({ client }) =>
          client
            .getHandle(workflow ?? workflowId(subscription))
            .executeUpdate<Updated, [object]>(name, { args: [request], updateId: key }),
        );
        return;
      } catch (error) {
        const isLast = left <= 1;
        const code = grpcCode(error);
        if (code === ABORTED && !isLast) continue;
        throw asHttpError(error, code);
      }
    }
  };
}

const STATUS_OF: Record<string, number> = {
  [FAILURES.refused]: 409,
  [FAILURES.invalid]: 422,
  [FAILURES.outdated]: 412,
};

function asHttpError(error: unknown, code: number | undefined): unknown {
  const { cause } = error as { cause?: unknown };
  const status = cause instanceof ApplicationFailure ? STATUS_OF[cause.type ?? ''] : undefined;
  if (status !== undefined) return new HttpError(status, (cause as ApplicationFailure).message);
  if (code === NOT_FOUND) return new HttpError(409, 'The subscription has just ended.');
  if (code === UNAVAILABLE) {
    return new HttpError(503, 'Temporal cannot be reached at the moment: send the request again.');
  }
  if (code === DEADLINE_EXCEEDED || code === CANCELLED) {
    return new HttpError(
      504,
      'No answer came in time, and it is not known whether the command was obeyed: send it again with the same Idempotency-Key.',
    );
  }
  return error;
}
