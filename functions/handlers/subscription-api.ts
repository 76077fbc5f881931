import { randomUUID } from 'node:crypto';

import { Hono } from 'hono';
import * as z from 'zod';

import { CANCEL_UPDATE } from '../../workflows/domain/contract.ts';
import { STATUSES } from '../../workflows/domain/state.ts';
import { HttpError } from '../shared/http.ts';
import { answerProblems, bodyAs, valid } from '../shared/problems.ts';
import type { Records, SubscriptionRecord } from '../shared/records.ts';
import type { Update } from '../shared/update.ts';

interface Dependencies {
  records: Pick<Records, 'find' | 'list' | 'wasApplied'>;
  update: Update;
}

const listQuery = z.object({
  status: z.enum(STATUSES).exactOptional(),
  customer: z.string().min(1).exactOptional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().exactOptional(),
});

const cancelBody = z.strictObject({
  atPeriodEnd: z.boolean().exactOptional(),
  reason: z.string().max(500).exactOptional(),
});

const idempotencyKey = z.string().min(1).max(200).optional();

/** Reads from the projection; commands are updates of the workflow, answered once what follows from them is recorded. */
export function createSubscriptionApi({ records, update }: Dependencies): Hono {
  const app = answerProblems(new Hono());

  const existing = async (id: string): Promise<SubscriptionRecord> => {
    const found = await records.find(id);
    if (found === undefined) throw new HttpError(404, `There is no subscription ${id}.`);
    return found;
  };

  app.get('/api/subscriptions', async (context) =>
    context.json(await records.list(valid(listQuery, context.req.query()))),
  );

  app.get('/api/subscriptions/:id', async (context) =>
    context.json(await existing(context.req.param('id'))),
  );

  app.post('/api/subscriptions/:id/cancel', async (context) => {
    const id = context.req.param('id');
    const request = await bodyAs(context, cancelBody);
    const key = valid(idempotencyKey, context.req.header('idempotency-key')) ?? randomUUID();
    const before = await existing(id);
    if (!(await records.wasApplied(id, key))) {
      if (before.endedAt !== null) {
        throw new HttpError(409, `The subscription has already ended (${before.status}).`);
      }
      await update({ subscription: id, name: CANCEL_UPDATE, request, key });
    }
    return context.json(await existing(id));
  });

  return app;
}
