import type { BatchActivities } from '../../workflows/activities.ts';
import type { BatchItem } from '../../workflows/domain/batch-item.ts';
import { CHUNK, type ItemNote } from '../../workflows/domain/batch-records.ts';
import type { ItemResult } from '../../workflows/domain/batch.ts';

/** The records of batches in memory, and items that are done unless a test says otherwise. */
export class FakeBatches {
  /** Every item that was acted upon, in order. */
  readonly acted: BatchItem[] = [];
  readonly rehearsed: BatchItem[] = [];
  readonly notes: (ItemNote & { batch: string })[] = [];
  readonly lists = new Map<string, string[]>();
  /** What comes of an item. */
  act: (item: BatchItem) => ItemResult | Promise<ItemResult> = () => ({ outcome: 'done' });

  readonly activities: BatchActivities = {
    listItems: ({ batch, subscriptions = [] }) => {
      const ids = [...new Set(subscriptions)];
      this.lists.set(batch, ids);
      return Promise.resolve({ total: ids.length });
    },
    itemsAt: ({ batch, chunk }) =>
      Promise.resolve(this.lists.get(batch)!.slice(chunk * CHUNK, (chunk + 1) * CHUNK)),
    doItem: async (item) => {
      this.acted.push(item);
      return this.act(item);
    },
    rehearseItem: async (item) => {
      this.rehearsed.push(item);
      return this.act(item);
    },
    noteItem: (note) => {
      this.notes.push(note);
      return Promise.resolve();
    },
  };
}
