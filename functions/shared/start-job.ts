import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/common';
import { defineSearchAttributeKey } from '@temporalio/common/lib/search-attributes.js';

import { SEARCH_ATTRIBUTES, TASK_QUEUE } from '../../workflows/domain/contract.ts';
import type { JobRoute } from '../../workflows/domain/job-routes.ts';
import { jobWorkflowId } from '../../workflows/domain/jobs.ts';
import { jobStatus } from '../../workflows/domain/records.ts';
import type { Jobs } from './jobs.ts';
import type { Temporal } from './temporal-client.ts';

const status = defineSearchAttributeKey(SEARCH_ATTRIBUTES.job, 'KEYWORD');
const customer = defineSearchAttributeKey(SEARCH_ATTRIBUTES.customer, 'KEYWORD');

/** Starts a job once, however often it is asked for and however long ago it ended, or signals one that runs. */
export async function tellJob(
  client: Temporal['client'],
  jobs: Pick<Jobs, 'find' | 'note'>,
  { job, id, customer: of, start, signal }: JobRoute,
): Promise<void> {
  const workflowId = jobWorkflowId(job, id);
  if (signal) await tell(client, jobs, { job, id, signal });
  if (start === undefined) return;
  try {
    await client.start(job, {
      workflowId,
      taskQueue: TASK_QUEUE,
      args: [start],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      typedSearchAttributes: [
        { key: status, value: jobStatus(job, 'requested') },
        ...(of === undefined ? [] : [{ key: customer, value: of }]),
      ],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

/** What comes for a job that has ended is kept in its timeline; what comes before its beginning has to come again. */
async function tell(
  client: Temporal['client'],
  jobs: Pick<Jobs, 'find' | 'note'>,
  { job, id, signal }: Required<Pick<JobRoute, 'job' | 'id' | 'signal'>>,
): Promise<void> {
  try {
    await client.getHandle(jobWorkflowId(job, id)).signal(signal.name, ...signal.args);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    const ended = await jobs.find(job, id);
    if (ended === undefined || ended.endedAt === null) throw error;
    const { late } = signal;
    await jobs.note(job, id, late.key, {
      ...late.line,
      ignored: `It has already ended (${ended.status}).`,
    });
  }
}
