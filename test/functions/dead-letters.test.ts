import { ReceiveMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { createDeadLetterApi } from '../../functions/handlers/dead-letters.ts';
import { createDeadLetters } from '../../functions/shared/dead-letters.ts';
import { createQueue } from '../../functions/shared/queue.ts';
import { LOCAL_CREDENTIALS } from '../../local/config.ts';
import { startFauxqs } from '../../local/fauxqs.ts';
import { startQueues, type Queues } from '../../local/queues.ts';

interface Letter {
  messageId: string;
  reason: string;
  receivedAt: string;
  body: string;
}

let queues: Queues;
let app: ReturnType<typeof createDeadLetterApi>;

beforeAll(async () => {
  queues = await startQueues(LOCAL_CREDENTIALS, await startFauxqs());
  process.env['AWS_ENDPOINT_URL_SQS'] = queues.endpoint;
  process.env['AWS_REGION'] = 'us-east-1';
  process.env['AWS_ACCESS_KEY_ID'] = LOCAL_CREDENTIALS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = LOCAL_CREDENTIALS.secretAccessKey;
  const deadLetters = createDeadLetters(queues.deadLetterQueueUrl, createQueue(queues.queueUrl));
  app = createDeadLetterApi({ deadLetters });
});
afterAll(() => queues.close());

const list = async (): Promise<Letter[]> => {
  const response = await app.request('/api/dead-letters');
  return ((await response.json()) as { items: Letter[] }).items;
};

const bury = (body: string, reason: string, group: string): Promise<void> =>
  createQueue(queues.deadLetterQueueUrl).send(
    { body, group: `letter-${body}`, deduplication: body },
    { reason, group },
  );

describe('dead letters', () => {
  it('are listed with their reasons, as often as one looks', async () => {
    await bury('a', 'no such type', 'sub_1');
    await bury('b', 'no such type', 'sub_1');
    const first = await list();
    expect(first.map(({ body, reason }) => `${body}: ${reason}`).toSorted()).toEqual([
      'a: no such type',
      'b: no such type',
    ]);
    expect(await list()).toHaveLength(2);
    expect(Date.parse(first[0]!.receivedAt)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('go back to the queue, into the group that they came from', async () => {
    await bury('c', 'unknown subscription', 'sub_9');
    const { messageId } = (await list()).find(({ body }) => body === 'c')!;
    const response = await app.request(`/api/dead-letters/${messageId}/redrive`, {
      method: 'POST',
    });
    expect([response.status, await response.json()]).toEqual([200, { redriven: messageId }]);
    const { Messages } = await queues.client.send(
      new ReceiveMessageCommand({
        QueueUrl: queues.queueUrl,
        MessageSystemAttributeNames: ['All'],
      }),
    );
    expect(Messages).toMatchObject([{ Body: 'c', Attributes: { MessageGroupId: 'sub_9' } }]);
    expect((await list()).map(({ body }) => body)).not.toContain('c');
  });

  it('that are not there cannot go back', async () => {
    const response = await app.request('/api/dead-letters/none/redrive', { method: 'POST' });
    expect(response.status).toBe(404);
  });
});
