import { getClient } from '@temporalio/activity';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';

import type { ItemResult } from '../../workflows/domain/batch.ts';
import {
  EXPORT_QUERY,
  workflowId,
  type ExportQueryResult,
  type RequestUpdate,
  type Updated,
} from '../../workflows/domain/contract.ts';
import { FAILURES } from '../../workflows/domain/failures.ts';
import type { Request } from '../../workflows/domain/requests.ts';

/** Speaks to subscriptions from an activity, by the worker's own connection. */
export interface AskSubscription {
  /**
   * A request, answered once it has been obeyed and recorded; a refusal is a result, with the subscription's own reason. A
   * signal would be cheaper, but nobody would know what came of it.
   */
  ask(asked: { subscription: string; request: Request; key: string }): Promise<ItemResult>;
  /** All that is known of a subscription, its customer's address included; null when it does not run. */
  look(subscription: string): Promise<ExportQueryResult>;
}

const CALL_MS = 30_000;
const REFUSALS: readonly string[] = [FAILURES.refused, FAILURES.invalid];

export const createAskSubscription = (client = getClient): AskSubscription => ({
  async ask({ subscription, request, key }) {
    try {
      await client().withDeadline(Date.now() + CALL_MS, () =>
        client()
          .workflow.getHandle(workflowId(subscription))
          .executeUpdate<Updated, [RequestUpdate]>(request.type, {
            args: [request],
            updateId: key,
          }),
      );
      return { outcome: 'done' };
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return { outcome: 'failed', reason: ENDED };
      const { cause } = error as Error;
      if (cause instanceof ApplicationFailure && REFUSALS.includes(cause.type ?? '')) {
        return { outcome: 'failed', reason: cause.message };
      }
      throw error;
    }
  },
  async look(subscription) {
    try {
      return await client().withDeadline(Date.now() + CALL_MS, () =>
        client()
          .workflow.getHandle(workflowId(subscription))
          .query<ExportQueryResult>(EXPORT_QUERY),
      );
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return null;
      throw error;
    }
  },
});

const ENDED = 'The subscription does not run any more.';
