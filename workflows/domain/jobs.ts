import type { Instant } from './time.ts';

/** What runs beside the subscriptions, each as a workflow of its own. */
export const JOB_KINDS = ['order', 'approval', 'batch', 'review'] as const;

export type JobKind = (typeof JOB_KINDS)[number];

/** The one workflow of a job; its type is the kind. */
export const jobWorkflowId = (kind: JobKind, id: string): string => `${kind}:${id}`;

/** What readers see of a job: written after every change. Details are each kind's own, and no personal data. */
export interface JobView {
  kind: JobKind;
  id: string;
  status: string;
  /** Counts the changes; what is written with a smaller one is older. */
  version: number;
  createdAt: Instant;
  updatedAt: Instant;
  /** When it has come to its end; null while it runs. */
  endedAt: Instant | null;
  customer?: string;
  subscription?: string;
  [detail: string]: unknown;
}

/** One line of a job's history, for people. */
export interface JobLine {
  at: Instant;
  type: string;
  [detail: string]: unknown;
}

/** Everything that one change of a job leaves in the records. */
export interface JobChange {
  view: JobView;
  lines: JobLine[];
}
