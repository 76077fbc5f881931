import { processPartialResponse, SqsFifoPartialProcessorAsync } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';

import { routeJob } from '../../workflows/domain/job-routes.ts';
import { route } from '../../workflows/domain/routes.ts';
import type { Deliver } from '../shared/deliver.ts';
import { count, logger } from '../shared/observability.ts';
import { parseMessage } from '../shared/parse.ts';
import type { Queue } from '../shared/queue.ts';
import { grpcCode } from '../shared/temporal-client.ts';

interface Dependencies {
  deliver: Deliver;
  queue: Pick<Queue, 'retryIn'>;
  deadLetters: Pick<Queue, 'send'>;
}

/** With less than this left of its time the function begins no further record, as a time-out returns the whole batch. */
const RESERVE_MS = 1500;
const FIRST_RETRY_SECONDS = 2;
const LAST_RETRY_SECONDS = 300;
/** Characters; queues take no large attributes, and nobody reads them. */
const LONGEST_REASON = 1000;
/** gRPC's INVALID_ARGUMENT: Temporal will never take it. */
const INVALID_ARGUMENT = 3;

/**
 * Takes events from the queue to their workflows. The groups of a batch go side by side, one group in order; a record that
 * fails holds up the rest of its group only. What can never be applied goes to the dead-letter queue with its reason.
 */
export function createEventConsumer({ deliver, queue, deadLetters }: Dependencies) {
  const bury = async (record: SQSRecord, why: string, type = 'unknown'): Promise<void> => {
    const reason = why.slice(0, LONGEST_REASON);
    const { messageId, body } = record;
    count('MessageDeadLettered', type);
    logger.error('message dead-lettered', { messageId, reason });
    // Each letter is a group of its own, so that all of them can be seen; a redrive restores the one it came from.
    const envelope = { body, group: messageId, deduplication: messageId };
    await deadLetters.send(envelope, { reason, group: groupOf(record) });
  };
  const handle = async (record: SQSRecord, context: Context): Promise<void> => {
    const left = context.getRemainingTimeInMillis() - RESERVE_MS;
    if (left <= 0) throw new Error('no time is left for this record');
    const parsed = parseMessage(record.body);
    if ('unusable' in parsed) return bury(record, parsed.unusable, parsed.type);
    if ('ignored' in parsed) return count('EventIgnored', parsed.ignored);
    const { type } = 'job' in parsed ? parsed.job : parsed.event;
    const target = 'job' in parsed ? routeJob(parsed.job) : route(parsed.event);
    try {
      if (!(await deliver(target, left))) count('EventIgnored', type);
    } catch (error) {
      if (grpcCode(error) !== INVALID_ARGUMENT || isUnprepared(error)) throw error;
      await bury(record, `Temporal refuses it: ${String(error)}`, type);
    }
  };
  const handleOrRetry = async (record: SQSRecord, context: Context): Promise<void> => {
    try {
      await handle(record, context);
    } catch (error) {
      logger.warn('record failed', { messageId: record.messageId, error: error as Error });
      await queue.retryIn(record.receiptHandle, retrySeconds(record)).catch(() => undefined);
      throw error;
    }
  };
  return async (event: SQSEvent, context: Context): Promise<SQSBatchResponse> => {
    const groups = Map.groupBy(event.Records, groupOf).values();
    const responses = await Promise.all(
      Array.from(groups, (Records) =>
        processPartialResponse(
          { Records },
          (record: SQSRecord) => handleOrRetry(record, context),
          new SqsFifoPartialProcessorAsync(),
          { context, skipGroupOnError: true, throwOnFullBatchFailure: false },
        ),
      ),
    );
    return { batchItemFailures: responses.flatMap((response) => response.batchItemFailures) };
  };
}

/** The namespace has no search attributes yet: that is mended there, and the message is as good as any. */
const isUnprepared = (error: unknown): boolean =>
  /search attribute/i.test(String(error)) ||
  /search attribute/i.test(String((error as Error).cause));

const groupOf = ({ attributes, messageId }: SQSRecord): string =>
  attributes.MessageGroupId ?? messageId;

/** Soon after a hiccup, and less and less often in an outage: a day of it stays well under the queue's limit of receives. */
function retrySeconds({ attributes }: SQSRecord): number {
  const received = Number(attributes.ApproximateReceiveCount);
  return Math.min(FIRST_RETRY_SECONDS * 2 ** Math.min(received - 1, 10), LAST_RETRY_SECONDS);
}
