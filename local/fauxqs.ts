import { buildApp } from 'fauxqs';
import * as z from 'zod';

import type { SqsServer } from './queues.ts';

const group = z.looseObject({ messageGroupId: z.string().optional() });
const inspection = z.object({
  messages: z.object({
    ready: z.array(group),
    inflight: z.array(z.object({ message: group })),
  }),
});

/** An SQS server in this process. */
export async function startFauxqs(): Promise<SqsServer> {
  const app = buildApp({ logger: false });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the SQS server has no port');
  const endpoint = `http://127.0.0.1:${address.port}`;
  return {
    endpoint,
    async queued({ name }, groups) {
      const response = await fetch(`${endpoint}/_fauxqs/queues/${name}`);
      const { messages } = inspection.parse(await response.json());
      const all = [...messages.ready, ...messages.inflight.map(({ message }) => message)];
      return all.filter(({ messageGroupId }) => groups.includes(messageGroupId ?? '')).length;
    },
    async close() {
      await app.close();
    },
  };
}
