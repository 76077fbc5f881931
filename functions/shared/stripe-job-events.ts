import * as z from 'zod';

import type { JobEvent, STRIPE_JOB_TYPES } from '../../workflows/domain/job-routes.ts';
import { fromUnix } from '../../workflows/domain/time.ts';
import { SUBSCRIPTION_ID } from './envelope.ts';
import { amount, currency } from './fields.ts';

const id = z.string().min(1).max(100);
const seconds = z.int().positive().max(7_258_118_400);

const dispute = z.object({
  id,
  created: seconds,
  data: z.object({
    object: z.object({
      id: z.string().regex(SUBSCRIPTION_ID),
      amount,
      currency,
      charge: z.union([id, z.object({ id })]),
      reason: z.string().max(200).nullish(),
      evidence_details: z.object({ due_by: seconds.nullish() }).nullish(),
    }),
  }),
});

/** Stripe's events that begin a job, each as the message that begins it. */
export const STRIPE_JOB_EVENTS: Record<
  (typeof STRIPE_JOB_TYPES)[number],
  (event: unknown) => JobEvent
> = {
  /** A review has the id of its dispute; Stripe says until when it takes an answer. */
  'charge.dispute.created': (event) => {
    const { id: eventId, created, data } = dispute.parse(event);
    const { id: subject, charge, reason, evidence_details: evidence, ...money } = data.object;
    return {
      id: eventId,
      source: 'stripe',
      time: fromUnix(created),
      subject,
      type: 'review.requested',
      data: {
        dispute: subject,
        charge: typeof charge === 'string' ? charge : charge.id,
        amount: { amount: money.amount, currency: money.currency },
        ...(reason && { reason }),
        ...(evidence?.due_by && { respondBy: fromUnix(evidence.due_by) }),
      },
    };
  },
};
