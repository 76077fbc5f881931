import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';

/** An SQS server on the loopback interface. */
export interface SqsServer {
  endpoint: string;
  /** Messages of these groups that wait or are being consumed; those of others too if it can't tell them apart. */
  queued(queue: Queue, groups: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

/** A queue, and how to speak to it. */
interface Queue {
  name: string;
  url: string;
  client: SQSClient;
}

/** The two queues of the product on an SQS server. */
export interface Queues {
  endpoint: string;
  queueUrl: string;
  deadLetterQueueUrl: string;
  client: SQSClient;
  /** Messages of these groups that wait or are being consumed. */
  queued(groups: readonly string[]): Promise<number>;
  close(): Promise<void>;
}

const NAME = 'lifecycle-events.fifo';
const DEAD_LETTERS = 'lifecycle-events-dead-letters.fifo';
/** As deployed: six times the consumer's time-out, and as many receives as a queue can count. */
const VISIBILITY_SECONDS = 180;
const MAX_RECEIVES = 1000;

/** Makes the queues on a server, which it closes with them. */
export async function startQueues(
  credentials: { accessKeyId: string; secretAccessKey: string },
  server: SqsServer,
): Promise<Queues> {
  const { endpoint } = server;
  const client = new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials,
    useQueueUrlAsEndpoint: false,
  });
  const deadLetterQueueUrl = await create(client, endpoint, DEAD_LETTERS, {});
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: deadLetterQueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const queueUrl = await create(client, endpoint, NAME, {
    VisibilityTimeout: String(VISIBILITY_SECONDS),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: Attributes!['QueueArn'],
      maxReceiveCount: MAX_RECEIVES,
    }),
  });
  return {
    endpoint,
    queueUrl,
    deadLetterQueueUrl,
    client,
    queued: (groups) => server.queued({ name: NAME, url: queueUrl, client }, groups),
    async close() {
      client.destroy();
      await server.close();
    },
  };
}

/** A server may name queues by a host that does not resolve; ours do. */
async function create(
  client: SQSClient,
  endpoint: string,
  name: string,
  attributes: Record<string, string>,
): Promise<string> {
  const { QueueUrl } = await client.send(
    new CreateQueueCommand({ QueueName: name, Attributes: { FifoQueue: 'true', ...attributes } }),
  );
  return `${endpoint}${new URL(QueueUrl!).pathname}`;
}
