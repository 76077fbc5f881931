import type { ApprovalRequest, Decision } from './approval.ts';
import { startOfBatch, type BatchRequest } from './batch.ts';
import type { JobKind, JobLine } from './jobs.ts';
import type { OrderRequest } from './order.ts';
import type { ReviewRequest } from './review.ts';
import type { Instant } from './time.ts';

/** A CloudEvents 1.0 message about a job, its `subject`. */
export type JobEvent = { id: string; source: string; time: Instant; subject: string } & (
  | { type: 'order.placed'; data: OrderRequest }
  | { type: 'approval.requested'; data: ApprovalRequest }
  | { type: 'approval.decided'; data: Decision }
  | { type: 'batch.requested'; data: BatchRequest }
  | { type: 'review.requested'; data: ReviewRequest }
);

/** Where it goes: it starts a job, or it is a signal to one that runs. */
export interface JobRoute {
  job: JobKind;
  id: string;
  customer?: string;
  /** What a new one is started with. */
  start?: object;
  /** With what is to be kept when it comes after the end: a line of the timeline, once for each key. */
  signal?: { name: string; args: unknown[]; late: { key: string; line: JobLine } };
}

const routes: { [T in JobEvent['type']]: (event: Extract<JobEvent, { type: T }>) => JobRoute } = {
  'order.placed': ({ subject: id, time, data }) => ({
    job: 'order',
    id,
    customer: data.customer.id,
    start: { ...data, id, placedAt: time },
  }),
  'approval.requested': ({ subject: id, time, data }) => ({
    job: 'approval',
    id,
    start: { ...data, id, requestedAt: time },
  }),
  'approval.decided': ({ subject: id, id: key, time, data }) => ({
    job: 'approval',
    id,
    signal: {
      name: data.decision === 'approved' ? 'approve' : 'reject',
      args: [data],
      late: { key, line: { at: time, type: 'decision_ignored', ...data } },
    },
  }),
  'batch.requested': ({ subject: id, time, data }) => ({
    job: 'batch',
    id,
    start: startOfBatch(data, id, time),
  }),
  'review.requested': ({ subject: id, time, data }) => ({
    job: 'review',
    id,
    start: { ...data, id, requestedAt: time },
  }),
};

/** Stripe's events that begin a job. */
export const STRIPE_JOB_TYPES = ['charge.dispute.created'] as const;

/** Whether a Stripe event of this type begins a job. */
export const beginsJob = (type: string): type is (typeof STRIPE_JOB_TYPES)[number] =>
  (STRIPE_JOB_TYPES as readonly string[]).includes(type);

/** What a message about a job means. */
export const routeJob = (event: JobEvent): JobRoute =>
  (routes[event.type] as (event: JobEvent) => JobRoute)(event);
