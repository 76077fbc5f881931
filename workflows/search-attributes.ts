import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';

import { SEARCH_ATTRIBUTES } from './domain/contract.ts';
import type { JobView } from './domain/jobs.ts';
import { jobStatus } from './domain/records.ts';
import type { State } from './domain/state.ts';

const status = defineSearchAttributeKey(SEARCH_ATTRIBUTES.status, 'KEYWORD');
const job = defineSearchAttributeKey(SEARCH_ATTRIBUTES.job, 'KEYWORD');
const customer = defineSearchAttributeKey(SEARCH_ATTRIBUTES.customer, 'KEYWORD');

/** What a subscription can be listed by in Temporal. */
export const searchAttributesOf = (
  state: Pick<State, 'status' | 'customer'>,
): SearchAttributePair[] => [
  { key: status, value: state.status },
  { key: customer, value: state.customer.id },
];

/** Writes the search attributes when the status is another one than they say; each write is paid for. */
export function showStatus(state: State): void {
  const shown = workflowInfo().typedSearchAttributes.get(status);
  if (shown !== state.status) upsertSearchAttributes(searchAttributesOf(state));
}

/** The same for a job. */
export function showJobStatus({ kind, status: is }: Pick<JobView, 'kind' | 'status'>): void {
  const value = jobStatus(kind, is);
  const shown = workflowInfo().typedSearchAttributes.get(job);
  if (shown !== value) upsertSearchAttributes([{ key: job, value }]);
}
