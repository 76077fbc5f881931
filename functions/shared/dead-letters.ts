import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from '@aws-sdk/client-sqs';

import type { Queue } from './queue.ts';

/** A message that could not be applied. */
export interface DeadLetter {
  messageId: string;
  /** Why, as the one who gave up on it said; the queue itself gives up on what was received too often. */
  reason: string;
  receivedAt: string;
  body: string;
}

/** A queue has no way to look without taking, so letters are taken for a moment and put back. */
export interface DeadLetters {
  list(): Promise<DeadLetter[]>;
  /** Gives a letter back to the queue; false when there is none of this id. */
  redrive(messageId: string): Promise<boolean>;
}

const MOST = 1000;
const HIDDEN_SECONDS = 20;

const sqs = new SQSClient({ maxAttempts: 3 });

export function createDeadLetters(url: string, target: Pick<Queue, 'send'>): DeadLetters {
  return {
    async list() {
      const messages = await take(url);
      await putBack(url, messages);
      return messages.map(letterOf);
    },
    async redrive(messageId) {
      const messages = await take(url);
      const letter = messages.find((message) => message.MessageId === messageId);
      if (letter !== undefined) {
        const { Body: body = '', Attributes, MessageAttributes, ReceiptHandle } = letter;
        // A new deduplication id, or the queue would take it for the one it has already seen.
        const deduplication = `redrive-${crypto.randomUUID()}`;
        const group =
          MessageAttributes?.['group']?.StringValue ?? Attributes?.MessageGroupId ?? messageId;
        await target.send({ body, group, deduplication });
        await sqs.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
      }
      await putBack(
        url,
        messages.filter((message) => message !== letter),
      );
      return letter !== undefined;
    },
  };
}

async function take(url: string): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < MOST) {
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: HIDDEN_SECONDS,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) break;
    messages.push(...Messages);
  }
  return messages;
}

async function putBack(url: string, messages: Message[]): Promise<void> {
  for (let i = 0; i < messages.length; i += 10) {
    const Entries = messages.slice(i, i + 10).map(({ ReceiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
  }
}

function letterOf({ MessageId, Body = '', Attributes, MessageAttributes }: Message): DeadLetter {
  return {
    messageId: MessageId ?? '',
    reason: MessageAttributes?.['reason']?.StringValue ?? 'received too often without success',
    receivedAt: new Date(Number(Attributes?.SentTimestamp ?? 0)).toISOString(),
    body: Body,
  };
}
