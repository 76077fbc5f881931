import * as z from 'zod';

import type { JobEvent } from '../../workflows/domain/job-routes.ts';
import { JURORS } from '../../workflows/domain/jurors.ts';
import { approvalRequest, decision } from './approval-fields.ts';
import { batchRequest } from './batch-request.ts';
import { customer, envelope } from './cloud-events.ts';
import { amount, currency, duration, instant } from './fields.ts';

const id = z.string().min(1).max(100);

/** Every CloudEvents type about a job, with the schema of its message. */
export const JOB_EVENTS = {
  'order.placed': envelope(
    'order.placed',
    z
      .object({
        customer,
        // What an order may not be is for its workflow to say, as it tells the customer: here it only has to be readable.
        lines: z
          .array(
            z.object({
              sku: id,
              quantity: z.int(),
              price: z.object({ amount: z.int(), currency }),
            }),
          )
          .max(100)
          .describe('`sku`, `quantity`, and `price` of one; all in one currency.'),
        paymentMethod: id
          .exactOptional()
          .describe("What is charged; the customer's default at the provider unless given."),
        subscription: id.exactOptional().describe('The one that it is an add-on to, if any.'),
      })
      .describe('Somebody has ordered something. The subject is the id of the order.'),
  ),
  'approval.requested': envelope('approval.requested', approvalRequest),
  'approval.decided': envelope('approval.decided', decision),
  'batch.requested': envelope('batch.requested', batchRequest),
  'review.requested': envelope(
    'review.requested',
    z
      .object({
        dispute: id.describe("The provider's id of it."),
        charge: id.exactOptional().describe('The provider is asked for it unless given.'),
        subscription: id.exactOptional().describe('The one that was charged for.'),
        amount: z.object({ amount, currency }).exactOptional(),
        reason: z.string().max(200).exactOptional().describe("The bank's word for why."),
        jurors: z
          .array(z.enum(JURORS))
          .min(1)
          .refine((names) => new Set(names).size === names.length, 'names a juror twice')
          .exactOptional()
          .describe('All of them unless given.'),
        patience: duration
          .exactOptional()
          .describe('How long a juror may take; a minute unless given.'),
        respondBy: instant
          .exactOptional()
          .describe('Until when people may be asked; seven days unless given.'),
      })
      .describe('A disputed charge is to be judged.'),
  ),
} satisfies { [T in JobEvent['type']]: z.ZodType };
