import * as z from 'zod';

import type { JobEvent } from '../../workflows/domain/job-routes.ts';
import { approvalRequest, decision } from './approval-fields.ts';
import { batchRequest } from './batch-request.ts';
import { customer, envelope } from './cloud-events.ts';
import { currency } from './fields.ts';

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
        dispute: id,
        subscription: id.exactOptional(),
        jurors: z.array(id).min(1).max(25),
      })
      .describe('A disputed charge is to be judged.'),
  ),
} satisfies { [T in JobEvent['type']]: z.ZodType };
