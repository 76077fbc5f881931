import {
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';

interface PollerOptions {
  client: SQSClient;
  queueUrl: string;
  /** Batches that are consumed at the same time. */
  concurrency: number;
  /** Sees every batch before it is consumed. */
  onBatch: (messages: Message[]) => Promise<void>;
  invoke: (event: SQSEvent) => Promise<unknown>;
  onError: (error: unknown) => void;
}

const WAIT_SECONDS = 5;
const PAUSE_MS = 500;
const ARN = 'arn:aws:sqs:us-east-1:000000000000:lifecycle-events.fifo';

/** Lambda's event source mapping: takes batches from a queue to a function, and deletes what it did not report as failed. */
export class Poller {
  readonly #options: PollerOptions;
  readonly #stopping = new AbortController();
  readonly #loops: Promise<void>[];

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#loops = Array.from({ length: options.concurrency }, () => this.#poll());
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#loops);
  }

  async #poll(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const messages = await this.#receive(signal);
        if (messages.length > 0) await this.#consume(messages);
      } catch (error) {
        if (signal.aborted) return;
        this.#options.onError(error);
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  async #receive(abortSignal: AbortSignal): Promise<Message[]> {
    const { client, queueUrl } = this.#options;
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: WAIT_SECONDS,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
      { abortSignal },
    );
    return Messages;
  }

  async #consume(messages: Message[]): Promise<void> {
    const { client, queueUrl, onBatch, invoke } = this.#options;
    await onBatch(messages);
    const response = (await invoke({ Records: messages.map(toRecord) })) as SQSBatchResponse | null;
    const failed = new Set(response?.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    const Entries = messages
      .filter(({ MessageId }) => !failed.has(MessageId!))
      .map(({ MessageId, ReceiptHandle }) => ({ Id: MessageId, ReceiptHandle }));
    if (Entries.length > 0) {
      await client.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  }
}

function toRecord(message: Message): SQSRecord {
  const {
    MessageId,
    ReceiptHandle,
    Body = '',
    Attributes,
    MessageAttributes,
    MD5OfBody = '',
  } = message;
  return {
    messageId: MessageId!,
    receiptHandle: ReceiptHandle!,
    body: Body,
    attributes: Attributes as unknown as SQSRecord['attributes'],
    messageAttributes: Object.fromEntries(
      Object.entries(MessageAttributes ?? {}).map(
        ([name, { StringValue, DataType = 'String' }]) => [
          name,
          { stringValue: StringValue ?? '', dataType: DataType },
        ],
      ),
    ),
    md5OfBody: MD5OfBody,
    eventSource: 'aws:sqs',
    eventSourceARN: ARN,
    awsRegion: 'us-east-1',
  };
}
