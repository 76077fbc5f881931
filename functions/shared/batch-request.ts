import * as z from 'zod';

import {
  BATCH_ACTIONS,
  type BatchAction,
  type BatchRequest,
} from '../../workflows/domain/batch.ts';
import { STATUSES } from '../../workflows/domain/state.ts';
import { SUBSCRIPTION_ID } from './envelope.ts';
import { duration, futurePlan, quantity } from './fields.ts';

/** As many ids as a message of the queue has room for; more are found by a filter. */
const MOST_IDS = 1000;

const subscription = z
  .string()
  .regex(SUBSCRIPTION_ID, 'has letters, digits, _ . : and - only, 100 at most');

const filter = z
  .strictObject({
    status: z.enum(STATUSES).exactOptional(),
    customer: z.string().min(1).max(100).exactOptional(),
    plan: z.string().min(1).max(100).exactOptional(),
  })
  .refine((wanted) => Object.keys(wanted).length > 0, 'names nothing to go by');

/** Strict, as a misspelt `isDryRun` would be taken at its word. */
const fields = z.strictObject({
  action: z.enum(BATCH_ACTIONS),
  subscriptions: z
    .array(subscription)
    .min(1)
    .max(MOST_IDS)
    .exactOptional()
    .describe('Their ids, in the order in which they are taken; or else a filter.'),
  filter: filter
    .exactOptional()
    .describe('By `status` (else all that have not ended), `customer` and the id of the `plan`.'),
  plan: z
    .union([z.string().min(1).max(100), futurePlan])
    .exactOptional()
    .describe('Of `change_plan`: a whole plan, or the id of one of the provider’s.'),
  quantity: quantity.exactOptional().describe('Of `change_plan`.'),
  atPeriodEnd: z
    .boolean()
    .exactOptional()
    .describe('Of `change_plan` and `cancel`: when the paid period is over.'),
  reason: z.string().max(500).exactOptional().describe('Of `cancel`.'),
  by: duration.exactOptional().describe('Of `extend_trial`: by how much.'),
  headline: z.string().min(1).max(200).exactOptional().describe('Of `announce`.'),
  body: z.string().min(1).max(5000).exactOptional().describe('Of `announce`.'),
  actionUrl: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .exactOptional()
    .describe('Of `announce`: where its button leads.'),
  isDryRun: z.boolean().exactOptional().describe('Only finds out what would happen.'),
  concurrency: z
    .int()
    .min(1)
    .max(100)
    .exactOptional()
    .describe('How many are under way at the same time; 20 unless given.'),
  perSecond: z
    .int()
    .min(1)
    .max(1000)
    .exactOptional()
    .describe('How many are begun in a second; as many as can be unless given.'),
});

type Fields = z.output<typeof fields>;

/** What each action needs, and what it may have. */
const OF_ACTION: Record<BatchAction, { needs: (keyof Fields)[]; takes: (keyof Fields)[] }> = {
  change_plan: { needs: ['plan'], takes: ['quantity', 'atPeriodEnd'] },
  announce: { needs: ['headline', 'body'], takes: ['actionUrl'] },
  cancel: { needs: [], takes: ['atPeriodEnd', 'reason'] },
  extend_trial: { needs: ['by'], takes: [] },
};

const TASK_FIELDS = new Set(
  Object.values(OF_ACTION).flatMap(({ needs, takes }) => [...needs, ...takes]),
);

/** The data of `batch.requested`. */
export const batchRequest = fields
  .superRefine((data, context) => {
    const complain = (field: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [field], message });
    const { action, subscriptions, filter: wanted } = data;
    if ((subscriptions === undefined) === (wanted === undefined)) {
      complain('subscriptions', 'are named, or else found by a filter: give one of them');
    }
    const { needs, takes } = OF_ACTION[action];
    for (const field of needs) {
      if (data[field] === undefined) complain(field, `is needed for ${action}`);
    }
    for (const field of TASK_FIELDS) {
      if (data[field] !== undefined && ![...needs, ...takes].includes(field)) {
        complain(field, `is nothing that ${action} has a use for`);
      }
    }
  })
  .transform((data) => data as unknown as BatchRequest)
  .describe('One thing is to be done to many subscriptions.');
