import * as z from 'zod';

import type { JobApi } from './handlers/jobs.ts';
import { approval, rejection } from './shared/approval-fields.ts';

const reason = z.string().max(500).exactOptional();

const reviewFeedback = z.strictObject({
  stepId: z.string().min(1).max(100),
  opinion: z.enum(['accept', 'contest', 'abstain']),
  by: z.string().min(1).max(200).exactOptional(),
  note: z.string().max(500).exactOptional(),
});

/** What can be asked of each kind of job over HTTP. */
export const JOB_APIS = [
  {
    kind: 'order',
    path: '/api/orders',
    begins: 'order.placed',
    requests: { cancel: z.strictObject({ reason }) },
  },
  {
    kind: 'approval',
    path: '/api/approvals',
    begins: 'approval.requested',
    requests: { approve: approval, reject: rejection },
  },
  {
    kind: 'batch',
    path: '/api/batches',
    begins: 'batch.requested',
    requests: {
      pause: z.strictObject({ reason }),
      resume: z.strictObject({ reason }),
      cancel: z.strictObject({ reason }),
    },
  },
  {
    kind: 'review',
    path: '/api/reviews',
    begins: 'review.requested',
    requests: { 'submit-feedback': reviewFeedback },
  },
] as const satisfies readonly JobApi[];
