import { randomUUID } from 'node:crypto';

import { Hono, type Context } from 'hono';
import * as z from 'zod';

import { quoteChange } from '../../workflows/domain/invoice.ts';
import { nameOf, REQUEST_TYPES, type Request } from '../../workflows/domain/requests.ts';
import { STATUSES, type Plan } from '../../workflows/domain/state.ts';
import { fromMs, toMs, type Instant } from '../../workflows/domain/time.ts';
import { instant } from '../shared/fields.ts';
import { HttpError } from '../shared/http.ts';
import { answerProblems, bodyAs, valid } from '../shared/problems.ts';
import type { Records, SubscriptionRecord } from '../shared/records.ts';
import { asPlan, asRequest, changePlanBody, pathOf, REQUEST_BODIES } from '../shared/requests.ts';
import type { Update } from '../shared/update.ts';

interface Dependencies {
  records: Pick<Records, 'find' | 'list' | 'findCommand'>;
  update: Update;
  now?: () => Instant;
}

const listQuery = z.object({
  status: z.enum(STATUSES).exactOptional(),
  customer: z.string().min(1).exactOptional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().exactOptional(),
});

const idempotencyKey = z.string().min(1).max(200).optional();
/** An entity tag is the version in quotes. */
const ifMatch = z
  .string()
  .regex(/^(?:\*|"\d+")$/, 'If-Match: is not an entity tag such as "7"')
  .optional();

const previewBody = changePlanBody
  .omit({ atPeriodEnd: true, prorateAt: true })
  .extend({ at: instant.exactOptional() });

/** Reads from the projection; commands are updates of the workflow, answered once what follows from them is recorded. */
export function createSubscriptionApi({
  records,
  update,
  now = () => fromMs(Date.now()),
}: Dependencies): Hono {
  const app = answerProblems(new Hono());

  const existing = async (id: string): Promise<SubscriptionRecord> => {
    const found = await records.find(id);
    if (found === undefined) throw new HttpError(404, `There is no subscription ${id}.`);
    return found;
  };

  app.get('/api/subscriptions', async (context) =>
    context.json(await records.list(valid(listQuery, context.req.query()))),
  );

  const answer = async (context: Context, id: string): Promise<Response> => {
    const found = await existing(id);
    return context.json(found, 200, { etag: `"${found.version}"` });
  };

  app.get('/api/subscriptions/:id', (context) => answer(context, context.req.param('id')));

  app.post('/api/subscriptions/:id/change-plan/preview', async (context) => {
    const wanted = await bodyAs(context, previewBody);
    return context.json(preview(await existing(context.req.param('id')), wanted, now()));
  });

  for (const type of REQUEST_TYPES) {
    app.post(`/api/subscriptions/:id/${pathOf(type)}`, async (context) => {
      const id = context.req.param('id');
      const body = await bodyAs(context, REQUEST_BODIES[type]);
      const key = valid(idempotencyKey, context.req.header('idempotency-key')) ?? randomUUID();
      const tag = valid(ifMatch, context.req.header('if-match'));
      const before = await existing(id);
      const request = asRequest(type, body, planFor(before, body));
      if (!(await isDone(before, key, request))) {
        if (before.endedAt !== null) {
          throw new HttpError(409, `The subscription has already ended (${before.status}).`);
        }
        const ifVersion = tag === undefined || tag === '*' ? {} : { ifVersion: versionIn(tag) };
        await update({ subscription: id, name: type, request: { ...request, ...ifVersion }, key });
      }
      return answer(context, id);
    });
  }

  /** Whether the request has been obeyed already. The same key with another request is a mistake. */
  async function isDone(
    { id, collection }: SubscriptionRecord,
    key: string,
    request: Request,
  ): Promise<boolean> {
    const applied = await records.findCommand(id, key);
    if (applied?.request !== undefined && applied.request !== nameOf(request, collection)) {
      throw new HttpError(422, 'The Idempotency-Key has been used with another request.');
    }
    return applied !== undefined;
  }

  return app;
}

const versionIn = (tag: string): number => Number(tag.slice(1, -1));

/** What we charge ourselves has to say what it costs. */
function planFor({ collection, plan }: SubscriptionRecord, body: object): Plan {
  if ('plan' in body && typeof body.plan === 'string' && collection === 'self') {
    throw new HttpError(422, 'plan: has to say what it costs, with id, price and interval');
  }
  return plan;
}

/** What a change of plan would cost if it were made now, or at an instant that the change is then prorated at. */
function preview(
  record: SubscriptionRecord,
  { plan: wanted, quantity = record.quantity, at }: z.output<typeof previewBody>,
  wallClock: Instant,
) {
  const { collection, status, plan, currentPeriodStart: start, currentPeriodEnd: end } = record;
  if (collection === 'provider') {
    throw new HttpError(409, 'The provider bills this subscription: ask it for the preview.');
  }
  const next = asPlan(wanted, planFor(record, { plan: wanted }));
  if (next.price.currency !== plan.price.currency) {
    throw new HttpError(422, `plan: the currency is ${plan.price.currency} and does not change.`);
  }
  if (status !== 'active' || start === null || end === null || record.anchor === null) {
    throw new HttpError(409, `A subscription that is ${status} has nothing to prorate.`);
  }
  // A test clock's time is known to the workflow alone; this much of it is certain.
  const instantOf = at ?? (record.testClock ? record.updatedAt : wallClock);
  if (toMs(instantOf) < toMs(start) || toMs(instantOf) >= toMs(end)) {
    throw new HttpError(422, `at: is not within the current period, ${start} to ${end}.`);
  }
  const quotable = {
    plan,
    quantity: record.quantity,
    balance: record.balance,
    period: { start, end },
    anchor: record.anchor,
    ...(record.zone !== null && { zone: record.zone }),
  };
  const { amount, balance, period, anchor } = quoteChange(
    quotable,
    { plan: next, quantity },
    instantOf,
  );
  return { at: instantOf, amountDue: amount, balance, period, anchor };
}
