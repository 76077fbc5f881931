import { defineSearchAttributeKey } from '@temporalio/common/lib/search-attributes.js';

import type { Command } from '../../workflows/domain/commands.ts';
import {
  COMMAND_SIGNAL,
  SEARCH_ATTRIBUTES,
  TASK_QUEUE,
  workflowFor,
  workflowId,
  type LifecycleInput,
} from '../../workflows/domain/contract.ts';
import type { Policy } from '../../workflows/domain/policy.ts';
import type { Route } from '../../workflows/domain/routes.ts';
import type { Records } from './records.ts';
import type { Temporal, TemporalGateway } from './temporal-client.ts';

/** Takes the commands of an event to the workflows they are for, in at most `ms` milliseconds. */
export type Deliver = (route: Route, ms: number) => Promise<void>;

const CALL_MS = 4000;
const status = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, 'KEYWORD');
const customer = defineSearchAttributeKey(SEARCH_ATTRIBUTES.customer, 'KEYWORD');

export function createDeliver(
  temporal: TemporalGateway,
  records: Pick<Records, 'idsOfCustomer'>,
  policy: Policy,
): Deliver {
  return async (route, ms) => {
    const targets: Target[] =
      'subscription' in route
        ? [route]
        : (await records.idsOfCustomer(route.allOfCustomer)).map((subscription) => ({
            subscription,
            status: undefined,
            commands: route.commands,
          }));
    await temporal.within(Math.min(ms, CALL_MS), async ({ client }) => {
      for (const target of targets) {
        for (const command of target.commands) await signal(client, target, command, policy);
      }
    });
  };
}

type Target = Extract<Route, { subscription: string }>;

/** One call whether the workflow runs or has to be started; a second delivery signals again, and is not applied again. */
async function signal(
  client: Temporal['client'],
  target: Target,
  command: Command,
  policy: Policy,
): Promise<void> {
  const { subscription: id } = target;
  const input: LifecycleInput = {
    id,
    ...(Object.keys(policy).length > 0 && { policy }),
  };
  await client.signalWithStart(workflowFor(target.status ?? 'active'), {
    workflowId: workflowId(id),
    taskQueue: TASK_QUEUE,
    args: [input],
    signal: COMMAND_SIGNAL,
    signalArgs: [command],
    typedSearchAttributes: [
      ...(target.status ? [{ key: status, value: target.status }] : []),
      ...(target.customer ? [{ key: customer, value: target.customer }] : []),
    ],
  });
}
