import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { buildApp } from 'fauxqs';
import * as z from 'zod';

/** An SQS server on the loopback interface with the two queues of the product. */
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

const inspection = z.object({
  messages: z.object({
    ready: z.array(z.looseObject({ messageGroupId: z.string().optional() })),
    inflight: z.array(
      z.object({ message: z.looseObject({ messageGroupId: z.string().optional() }) }),
    ),
  }),
});

export async function startQueues(credentials: {
  accessKeyId: string;
  secretAccessKey: string;
}): Promise<Queues> {
  const app = buildApp({ logger: false });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the SQS server has no port');
  const endpoint = `http://127.0.0.1:${address.port}`;
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
    async queued(groups) {
      const response = await fetch(`${endpoint}/_fauxqs/queues/${NAME}`);
      const { messages } = inspection.parse(await response.json());
      const all = [...messages.ready, ...messages.inflight.map(({ message }) => message)];
      return all.filter(({ messageGroupId }) => groups.includes(messageGroupId ?? '')).length;
    },
    async close() {
      client.destroy();
      await app.close();
    },
  };
}

/** The server names queues by a host that does not resolve; ours do. */
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
