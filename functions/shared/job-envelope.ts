import type { JobEvent } from '../../workflows/domain/job-routes.ts';
import { jobWorkflowId, type JobKind } from '../../workflows/domain/jobs.ts';
import { encode, hash, type Envelope } from './envelope.ts';

/** The envelope of a message about a job that we send ourselves, with only checked contents. */
export const ownJobEnvelope = (event: JobEvent, kind: JobKind): Envelope => ({
  body: encode({ specversion: '1.0', ...event }),
  group: jobWorkflowId(kind, event.subject),
  deduplication: hash(`${event.source} ${event.id}`),
});
