import type { Context, SQSEvent, SQSRecord } from 'aws-lambda';
import { describe, expect, it } from 'vitest';

import { createEventConsumer } from '../../functions/handlers/event-consumer.ts';
import type { Envelope } from '../../functions/shared/envelope.ts';
import { subscriptionEvent } from '../../local/stripe-events.ts';
import type { Route } from '../../workflows/domain/routes.ts';

const message = (subscription: string, eventId: string): string =>
  JSON.stringify(
    subscriptionEvent('customer.subscription.updated', {
      id: subscription,
      status: 'active',
      created: Date.parse('2026-11-20T10:00:00Z'),
      eventId,
    }),
  );

const record = (group: string, messageId: string, body: string, received = 1): SQSRecord => ({
  messageId,
  receiptHandle: `handle-${messageId}`,
  body,
  attributes: {
    ApproximateReceiveCount: String(received),
    SentTimestamp: '0',
    SenderId: 'x',
    ApproximateFirstReceiveTimestamp: '0',
    MessageGroupId: group,
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: 'arn',
  awsRegion: 'eu-central-1',
});

interface Options {
  deliver?: (route: Route, ms: number) => Promise<unknown>;
  left?: () => number;
}

function setup({ deliver = () => Promise.resolve(), left = () => 30_000 }: Options = {}) {
  const delivered: string[] = [];
  const letters: { envelope: Envelope; reason?: string; group?: string }[] = [];
  const retries: [string, number][] = [];
  const consume = createEventConsumer({
    deliver: async (route, ms) => {
      await deliver(route as Route, ms);
      delivered.push('job' in route ? route.id : route.commands[0]!.eventId);
      return true;
    },
    queue: {
      retryIn: (handle, seconds) => {
        retries.push([handle, seconds]);
        return Promise.resolve();
      },
    },
    deadLetters: {
      send: (envelope, attributes) => {
        letters.push({ envelope, ...attributes });
        return Promise.resolve();
      },
    },
  });
  const context = { getRemainingTimeInMillis: left } as Context;
  const run = async (...Records: SQSRecord[]): Promise<string[]> => {
    const { batchItemFailures } = await consume({ Records } satisfies SQSEvent, context);
    return batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
  };
  return { run, delivered, letters, retries };
}

const failing =
  (...eventIds: string[]) =>
  (route: Route): Promise<void> =>
    eventIds.includes(route.commands[0]!.eventId)
      ? Promise.reject(new Error('Temporal is away'))
      : Promise.resolve();

describe('a batch', () => {
  it('is delivered, one group in order', async () => {
    const { run, delivered } = setup();
    const failed = await run(
      record('sub_1', 'm1', message('sub_1', 'e1')),
      record('sub_1', 'm2', message('sub_1', 'e2')),
    );
    expect(failed).toEqual([]);
    expect(delivered).toEqual(['e1', 'e2']);
  });

  it('is delivered with its groups side by side', async () => {
    const open = Promise.withResolvers<undefined>();
    const { run } = setup({
      deliver: async (route) => {
        if (route.commands[0]!.eventId === 'slow') await open.promise;
        else open.resolve(undefined);
      },
    });
    const failed = await run(
      record('sub_1', 'm1', message('sub_1', 'slow')),
      record('sub_2', 'm2', message('sub_2', 'quick')),
    );
    expect(failed).toEqual([]);
  });

  it('that fails in one group holds up the rest of that group only', async () => {
    const { run, delivered } = setup({ deliver: failing('e1') });
    const failed = await run(
      record('sub_1', 'm1', message('sub_1', 'e1')),
      record('sub_2', 'm2', message('sub_2', 'e2')),
      record('sub_1', 'm3', message('sub_1', 'e3')),
    );
    expect(failed).toEqual(['m1', 'm3']);
    expect(delivered).toEqual(['e2']);
  });

  it('that fails as a whole is reported, not thrown', async () => {
    const { run } = setup({ deliver: failing('e1') });
    expect(await run(record('sub_1', 'm1', message('sub_1', 'e1')))).toEqual(['m1']);
  });

  it('keeps nothing from the one before', async () => {
    const { run } = setup({ deliver: failing('e1') });
    expect(await run(record('sub_1', 'm1', message('sub_1', 'e1')))).toEqual(['m1']);
    expect(await run(record('sub_1', 'm2', message('sub_1', 'e2')))).toEqual([]);
  });
});

describe('a record that can never be applied', () => {
  it('goes to the dead letters with the reason and is done with', async () => {
    const { run, letters, delivered } = setup();
    const failed = await run(
      record('sub_1', 'm1', '{"specversion":"1.0","type":"no.such.type"}'),
      record('sub_1', 'm2', message('sub_1', 'e2')),
    );
    expect(failed).toEqual([]);
    expect(delivered).toEqual(['e2']);
    expect(letters).toMatchObject([
      { envelope: { group: 'm1' }, group: 'sub_1', reason: 'the type "no.such.type" is not known' },
    ]);
  });

  it('goes there as well when Temporal will never take it', async () => {
    const refusal = Object.assign(new Error('blob too large'), { code: 3 });
    const { run, letters } = setup({ deliver: () => Promise.reject(refusal) });
    expect(await run(record('sub_1', 'm1', message('sub_1', 'e1')))).toEqual([]);
    expect(letters).toMatchObject([{ reason: expect.stringMatching(/blob too large/) as string }]);
  });

  it('is not one that a namespace without search attributes refuses: that waits', async () => {
    const cause = new Error(
      'Namespace default has no mapping defined for search attribute CustomerId',
    );
    const refusal = Object.assign(new Error('Failed to signalWithStart'), { code: 3, cause });
    const { run, letters } = setup({ deliver: () => Promise.reject(refusal) });
    expect(await run(record('sub_1', 'm1', message('sub_1', 'e1')))).toEqual(['m1']);
    expect(letters).toEqual([]);
  });

  it('with a reason that is longer than anybody reads is cut short', async () => {
    const refusal = Object.assign(new Error('x'.repeat(9000)), { code: 3 });
    const { run, letters } = setup({ deliver: () => Promise.reject(refusal) });
    await run(record('sub_1', 'm1', message('sub_1', 'e1')));
    expect(letters).toMatchObject([{ reason: expect.stringMatching(/^.{1000}$/) as string }]);
  });

  it('of a type that does not concern us is simply done with', async () => {
    const { run, letters, delivered } = setup();
    const body = JSON.stringify({
      ...JSON.parse(message('sub_1', 'e1')),
      type: 'invoice.upcoming',
    });
    expect(await run(record('sub_1', 'm1', body))).toEqual([]);
    expect([letters, delivered]).toEqual([[], []]);
  });
});

describe('a record that fails', () => {
  it.each([
    [1, 2],
    [2, 4],
    [5, 32],
    [9, 300],
    [900, 300],
  ])('for the %dth time comes again in %d seconds', async (received, seconds) => {
    const { run, retries } = setup({ deliver: failing('e1') });
    await run(record('sub_1', 'm1', message('sub_1', 'e1'), received));
    expect(retries).toEqual([['handle-m1', seconds]]);
  });

  it('is not even tried when the function is about to be stopped', async () => {
    const clock = [30_000, 30_000, 1000];
    const { run, delivered } = setup({ left: () => clock.shift() ?? 1000 });
    const failed = await run(
      record('sub_1', 'm1', message('sub_1', 'e1')),
      record('sub_1', 'm2', message('sub_1', 'e2')),
      record('sub_1', 'm3', message('sub_1', 'e3')),
    );
    expect(delivered).toEqual(['e1', 'e2']);
    expect(failed).toEqual(['m3']);
  });

  it('has less time than the function has left', async () => {
    const budgets: number[] = [];
    const { run } = setup({
      left: () => 5000,
      deliver: (_, ms) => {
        budgets.push(ms);
        return Promise.resolve();
      },
    });
    await run(record('sub_1', 'm1', message('sub_1', 'e1')));
    expect(budgets).toEqual([3500]);
  });
});
