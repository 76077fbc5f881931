import { defaultPayloadConverter } from '@temporalio/common/lib/converter/payload-converter.js';
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
import type { JobRoute } from '../../workflows/domain/job-routes.ts';
import type { Policy } from '../../workflows/domain/policy.ts';
import type { Route } from '../../workflows/domain/routes.ts';
import type { Jobs } from './jobs.ts';
import type { Records, Waiting } from './records.ts';
import { tellJob } from './start-job.ts';
import { grpcCode, type Temporal, type TemporalGateway } from './temporal-client.ts';

/** Takes the commands of an event to the workflows they are for, in at most `ms` milliseconds; false when it is for none. */
export type Deliver = (route: Route | JobRoute, ms: number) => Promise<boolean>;

const CALL_MS = 4000;
/** gRPC's NOT_FOUND. */
const NOT_FOUND = 5;
const status = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, 'KEYWORD');
const customer = defineSearchAttributeKey(SEARCH_ATTRIBUTES.customer, 'KEYWORD');

export function createDeliver(
  temporal: TemporalGateway,
  records: Pick<Records, 'idsOfCustomer' | 'findWaiting'>,
  policy: Policy,
  jobs: Pick<Jobs, 'find' | 'note'>,
): Deliver {
  return async (route, ms) => {
    const budget = Math.min(ms, CALL_MS);
    if ('job' in route) {
      await temporal.within(budget, ({ client }) => tellJob(client, jobs, route));
      return true;
    }
    let targets: Target[];
    if ('awaitedCharge' in route) {
      const { awaitedCharge, isPaid, commands } = route;
      const { subscription } = awaitedCharge;
      const waiting = await records.findWaiting(subscription, awaitedCharge.key);
      if (waiting === undefined) return false;
      const isHeard = temporal.within(budget, (open) => complete(open, waiting, { isPaid }));
      if (await isHeard) return true;
      targets = [{ subscription, status: undefined, commands }];
    } else if ('allOfCustomer' in route) {
      const { allOfCustomer, commands } = route;
      const ids = await records.idsOfCustomer(allOfCustomer);
      targets = ids.map((subscription) => ({ subscription, status: undefined, commands }));
    } else targets = [route];
    await temporal.within(budget, async ({ client }) => {
      for (const target of targets) {
        for (const command of target.commands) await signal(client, target, command, policy);
      }
    });
    return targets.length > 0;
  };
}

/** Ends an activity that waits, with its result; false when it waits no more, as its run has ended or it has been told. */
async function complete(
  { connection, namespace }: Temporal,
  { token }: Waiting,
  result: object,
): Promise<boolean> {
  if (token === undefined) return false;
  try {
    await connection.workflowService.respondActivityTaskCompleted({
      namespace,
      taskToken: Buffer.from(token, 'base64'),
      result: { payloads: [defaultPayloadConverter.toPayload(result)] },
    });
    return true;
  } catch (error) {
    if (grpcCode(error) === NOT_FOUND) return false;
    throw error;
  }
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
