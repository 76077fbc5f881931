import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { expect, it } from 'vitest';

import type { TemporalGateway } from '../../functions/shared/temporal-client.ts';
import { createUpdate } from '../../functions/shared/update.ts';

const failing = (...failures: (Error | undefined)[]) => {
  let calls = 0;
  const temporal = {
    within: () => {
      const failure = failures[calls++];
      return failure ? Promise.reject(failure) : Promise.resolve();
    },
  } as unknown as TemporalGateway;
  const update = createUpdate(temporal);
  return {
    run: () => update({ subscription: 'sub_1', name: 'cancel', request: {}, key: 'k' }),
    calls: () => calls,
  };
};
const grpc = (code: number): Error =>
  Object.assign(new Error('rpc'), { cause: Object.assign(new Error('grpc'), { code }) });

it('a refusal of the workflow is 409 with its words', async () => {
  const cause = ApplicationFailure.nonRetryable('Already set to end.', 'CommandRefused');
  const refused = Object.assign(new Error('Workflow Update failed'), { cause });
  await expect(failing(refused).run()).rejects.toMatchObject({
    status: 409,
    message: 'Already set to end.',
  });
});

it('a run that ends by continuing as new is asked again', async () => {
  const { run, calls } = failing(grpc(10), grpc(10), undefined);
  await run();
  expect(calls()).toBe(3);
});

it.each([
  [5, 409],
  [4, 504],
  [1, 504],
  [14, 503],
])('gRPC code %d is status %d', async (code, status) => {
  await expect(failing(grpc(code)).run()).rejects.toMatchObject({ status });
});

it('a workflow that is not there any more is 409', async () => {
  const gone = new WorkflowNotFoundError('not found', 'subscription:sub_1', undefined);
  await expect(failing(gone).run()).rejects.toMatchObject({ status: 409 });
});

it('what is not understood is passed on', async () => {
  await expect(failing(grpc(13)).run()).rejects.toThrow('rpc');
});
