import { ChangeMessageVisibilityCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

import type { Envelope } from './envelope.ts';

/** One FIFO queue. */
export interface Queue {
  send(envelope: Envelope, attributes?: Record<string, string>): Promise<void>;
  /** Lets a message that was received come again in `seconds`. */
  retryIn(receiptHandle: string, seconds: number): Promise<void>;
}

const sqs = new SQSClient({
  maxAttempts: 3,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true },
});

export const createQueue = (url: string): Queue => ({
  async send({ body, group, deduplication }, attributes = {}) {
    await sqs.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: body,
        MessageGroupId: group,
        MessageDeduplicationId: deduplication,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, text]) => [
            name,
            { DataType: 'String', StringValue: text },
          ]),
        ),
      }),
    );
  },
  async retryIn(receiptHandle, seconds) {
    await sqs.send(
      new ChangeMessageVisibilityCommand({
        QueueUrl: url,
        ReceiptHandle: receiptHandle,
        VisibilityTimeout: seconds,
      }),
    );
  },
});
