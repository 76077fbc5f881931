import {
  ActivityFailure,
  ApplicationFailure,
  ParentClosePolicy,
  sleep,
  startChild,
  TimeoutFailure,
} from '@temporalio/workflow';

import * as activities from './activities.ts';
import { batchKey, type BatchItem } from './domain/batch-item.ts';
import type { ItemResult, Outcome } from './domain/batch.ts';
import { fromMs, toMs } from './domain/time.ts';

/** What becomes of one subscription in a batch. The answer is short, as it goes into the history of the batch; reasons are in the records. */
export async function batchItem(item: BatchItem): Promise<Outcome> {
  if (item.notBefore !== undefined) return later(item, item.notBefore);
  const { outcome, until } = await act(item);
  if (until !== undefined && !item.isDryRun) {
    await startChild(batchItem, {
      workflowId: `${batchKey(item)}:later`,
      args: [{ ...item, notBefore: until }],
      workflowExecutionTimeout: '3 days',
      // Quiet hours may be all night: the batch does not wait for their end, and may be over before.
      parentClosePolicy: ParentClosePolicy.ABANDON,
    });
  }
  return outcome;
}

/** Waits until the recipient may be written to, as often as need be. */
async function later(item: BatchItem, notBefore: string): Promise<Outcome> {
  for (let until: string | undefined = notBefore; ;) {
    await sleep(Math.max(toMs(until) - Date.now(), 1));
    const result: ItemResult = await act(item);
    ({ until } = result);
    if (until === undefined) return result.outcome;
  }
}

async function act(item: BatchItem): Promise<ItemResult> {
  try {
    return await (item.isDryRun ? activities.rehearseItem(item) : activities.doItem(item));
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    const reason = reasonOf(error);
    const { batch, subscription } = item;
    const at = fromMs(Date.now());
    await activities.noteItem({ batch, subscription, outcome: 'failed', reason, at });
    return { outcome: 'failed', reason };
  }
}

/** The words of whatever is at the bottom of a failure. */
export function reasonOf(failure: unknown): string {
  const { cause, message } = failure as Error;
  if (failure instanceof TimeoutFailure && cause === undefined) return 'No answer came in time.';
  if (failure instanceof ApplicationFailure || cause === undefined) return message;
  return reasonOf(cause);
}
