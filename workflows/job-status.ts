import { defineSearchAttributeKey } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';

import { SEARCH_ATTRIBUTES } from './domain/contract.ts';
import type { JobKind } from './domain/jobs.ts';
import { jobStatus } from './domain/records.ts';

const status = defineSearchAttributeKey(SEARCH_ATTRIBUTES.job, 'KEYWORD');

/** Writes the search attribute of a job when it says something else; each write is paid for. */
export function showJobStatus(kind: JobKind, shown: string): void {
  const value = jobStatus(kind, shown);
  if (workflowInfo().typedSearchAttributes.get(status) === value) return;
  upsertSearchAttributes([{ key: status, value }]);
}
