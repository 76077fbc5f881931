import * as z from 'zod';

import type { JobEvent } from '../../workflows/domain/job-routes.ts';
import { JURORS } from '../../workflows/domain/jurors.ts';
import { customer, envelope } from './cloud-events.ts';
import { amount, currency, duration, emailAddress, instant, locale, quantity } from './fields.ts';

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
  'batch.requested': envelope(
    'batch.requested',
    z
      .object({
        action: z.enum(['change_plan', 'announce', 'cancel', 'extend_trial']),
        subscriptions: z.array(id).min(1).max(1000),
        isDryRun: z.boolean().exactOptional(),
      })
      .describe('One thing is to be done to many subscriptions.'),
  ),
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
