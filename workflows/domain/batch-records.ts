import type { Outcome } from './batch.ts';
import type { Instant } from './time.ts';

/**
 * What a batch works through has a partition of its own, so that who looks at the batch does not read all of it:
 *
 * | sk | row | written by |
 * | --- | --- | --- |
 * | `TASK` | what is done to each | worker, at the beginning |
 * | `LIST#<chunk>` | the ids, a hundred to a row, each once; fixed at the beginning | worker, at the beginning |
 * | `ITEM#<subscription>` | {@link ItemNote}: what was not done, and why | worker |
 */
export const itemsPartition = (batch: string): string => `BATCH-ITEMS#${batch}`;

export const TASK_ROW = 'TASK';
const LIST_PREFIX = 'LIST#';
export const ITEM_PREFIX = 'ITEM#';

/** Ids in a row of the list. */
export const CHUNK = 100;

export const chunkOf = (index: number): number => Math.floor(index / CHUNK);

export const listRow = (chunk: number): string => `${LIST_PREFIX}${String(chunk).padStart(6, '0')}`;

export const itemRow = (subscription: string): string => `${ITEM_PREFIX}${subscription}`;

/** A line of the report. */
export interface ItemNote {
  subscription: string;
  outcome: Exclude<Outcome, 'done'> | 'not_done';
  reason: string;
  at?: Instant;
}
