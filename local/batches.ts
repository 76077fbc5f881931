import type { ItemNote } from '../workflows/domain/batch-records.ts';
import type { BatchOptions, BatchProgress, BatchTask } from '../workflows/domain/batch.ts';
import type { JobLine, JobView } from '../workflows/domain/jobs.ts';
import type { StackClient } from './client.ts';
import { until } from './until.ts';

export type BatchRecord = JobView & BatchProgress & { timeline: JobLine[] };
export type BatchReport = BatchRecord & { items: ItemNote[]; nextCursor: string | null };

/** Begins a batch over HTTP and answers with its id. */
export async function beginBatch(
  client: StackClient,
  request: BatchTask & BatchOptions,
  id: string,
): Promise<string> {
  const answer = await client.call('POST', '/api/batches', request, { 'idempotency-key': id });
  if (answer.status !== 202) throw new Error(`the batch was answered ${JSON.stringify(answer)}`);
  return id;
}

/** A batch, once it is as `isRight` wants it; by default, at its end. */
export const batchIs = (
  client: StackClient,
  id: string,
  isRight: (found: BatchRecord) => boolean = ({ endedAt }) => endedAt !== null,
  ms = 60_000,
): Promise<BatchRecord> =>
  until(
    `batch ${id}`,
    async () => {
      const { status, body } = await client.call<BatchRecord>('GET', `/api/batches/${id}`);
      return status === 200 && isRight(body) && body;
    },
    { ms, every: 200 },
  );

/** The first page of its report. */
export const reportOf = async (client: StackClient, id: string): Promise<BatchReport> =>
  (await client.call<BatchReport>('GET', `/api/batches/${id}/report`)).body;
