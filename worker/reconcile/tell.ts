import { getClient } from '@temporalio/activity';
import { defineSearchAttributeKey } from '@temporalio/common';

import {
  COMMAND_SIGNAL,
  SEARCH_ATTRIBUTES,
  TASK_QUEUE,
  workflowFor,
  workflowId,
  type LifecycleInput,
} from '../../workflows/domain/contract.ts';
import type { Policy } from '../../workflows/domain/policy.ts';
import type { Tell } from './reconciler.ts';

const status = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, 'KEYWORD');
const customer = defineSearchAttributeKey(SEARCH_ATTRIBUTES.customer, 'KEYWORD');

/** As the event consumer does, with the worker's own client. */
export const createTell =
  (policy: Policy): Tell =>
  async (subscription, commands) => {
    const { id } = subscription;
    const input: LifecycleInput = { id, ...(Object.keys(policy).length > 0 && { policy }) };
    for (const command of commands) {
      await getClient().workflow.signalWithStart(workflowFor(subscription.status), {
        workflowId: workflowId(id),
        taskQueue: TASK_QUEUE,
        args: [input],
        signal: COMMAND_SIGNAL,
        signalArgs: [command],
        typedSearchAttributes: [
          { key: status, value: subscription.status },
          { key: customer, value: subscription.customer.id },
        ],
      });
    }
  };
