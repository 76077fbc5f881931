import * as z from 'zod';

import type { JobEvent } from '../../workflows/domain/job-routes.ts';
import { batchRequest } from './batch-request.ts';
import { customer, envelope } from './cloud-events.ts';
import { amount, currency, duration, emailAddress, locale, quantity } from './fields.ts';

const id = z.string().min(1).max(100);

/** Every CloudEvents type about a job, with the schema of its message. */
export const JOB_EVENTS = {
  'order.placed': envelope(
    'order.placed',
    z
      .object({
        customer,
        lines: z
          .array(z.object({ sku: id, quantity, price: z.object({ amount, currency }) }))
          .min(1)
          .max(100),
        paymentMethod: id.exactOptional(),
        subscription: id.exactOptional(),
      })
      .describe('Somebody has ordered something.'),
  ),
  'approval.requested': envelope(
    'approval.requested',
    z
      .object({
        summary: z.string().min(1).max(500),
        approver: z.object({
          email: emailAddress,
          name: z.string().max(200).exactOptional(),
          locale: locale.exactOptional(),
        }),
        limit: duration.exactOptional(),
      })
      .describe('Somebody has to decide.'),
  ),
  'approval.decided': envelope(
    'approval.decided',
    z
      .object({
        decision: z.enum(['approved', 'rejected']),
        by: z.string().min(1).max(200),
        reason: z.string().max(500).exactOptional(),
      })
      .describe('Somebody has decided.'),
  ),
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
