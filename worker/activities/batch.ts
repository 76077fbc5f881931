import {
  BatchGetCommand,
  DeleteCommand,
  GetCommand,
  PutCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';

import type { BatchActivities } from '../../workflows/activities.ts';
import {
  announcement,
  batchKey,
  rehearse,
  requestOf,
  type BatchItem,
} from '../../workflows/domain/batch-item.ts';
import {
  itemRow,
  itemsPartition,
  listRow,
  TASK_ROW,
  type ItemNote,
} from '../../workflows/domain/batch-records.ts';
import type { BatchTask, ItemResult } from '../../workflows/domain/batch.ts';
import type { Projection } from '../../workflows/domain/projection.ts';
import { commandRow, jobPartition, partition, STATE_ROW } from '../../workflows/domain/records.ts';
import type { Instant } from '../../workflows/domain/time.ts';
import type { AskSubscription } from '../batch/ask-subscription.ts';
import { createListItems } from '../batch/list-items.ts';
import type { Post } from '../email/post.ts';

interface Dependencies {
  table: DynamoDBDocumentClient;
  tableName: string;
  post: Post;
  subscriptions: AskSubscription;
  now?: () => Instant;
}

/** What is known of an item before anything is done. */
interface Known {
  task: BatchTask;
  projection: Projection | undefined;
  isDone: boolean;
}

/** The items of a batch. One that is not done leaves a row that says why; what cannot be found out now throws, to be tried again. */
export function createBatchActivities({
  table,
  tableName: TableName,
  post,
  subscriptions,
  now = () => new Date().toISOString(),
}: Dependencies): BatchActivities {
  const noteItem = async ({ batch, ...note }: ItemNote & { batch: string }): Promise<void> => {
    const Item = { pk: itemsPartition(batch), sk: itemRow(note.subscription), ...note };
    await table.send(new PutCommand({ TableName, Item }));
  };
  const recorded = async (item: BatchItem, result: ItemResult): Promise<ItemResult> => {
    const { batch, subscription } = item;
    const { outcome, reason, until } = result;
    if (outcome !== 'done') {
      const why = reason ?? `The customer has quiet hours until ${until}.`;
      await noteItem({ batch, subscription, outcome, reason: why, at: now() });
    } else if (item.notBefore !== undefined) {
      const Key = { pk: itemsPartition(batch), sk: itemRow(subscription) };
      await table.send(new DeleteCommand({ TableName, Key }));
    }
    return result;
  };

  async function look(item: BatchItem): Promise<Known> {
    const { batch, subscription } = item;
    const pk = partition(subscription);
    const Keys = [
      { pk: itemsPartition(batch), sk: TASK_ROW },
      { pk, sk: STATE_ROW },
      { pk, sk: commandRow(batchKey(item)) },
    ];
    const { Responses, UnprocessedKeys } = await table.send(
      new BatchGetCommand({ RequestItems: { [TableName]: { Keys, ConsistentRead: true } } }),
    );
    if (UnprocessedKeys?.[TableName]) throw new Error('the table did not answer whole');
    const rows = Responses?.[TableName] ?? [];
    const row = (key: string) => rows.find(({ sk }) => sk === key);
    const task = row(TASK_ROW)?.['task'] as BatchTask | undefined;
    if (task === undefined) throw new Error(`the records do not know what batch ${batch} does`);
    return {
      task,
      projection: row(STATE_ROW) as unknown as Projection | undefined,
      isDone: row(commandRow(batchKey(item))) !== undefined,
    };
  }

  /** What a batch that was cancelled had put off is not done any more. */
  async function wasCancelled(batch: string): Promise<boolean> {
    const Key = { pk: jobPartition('batch', batch), sk: STATE_ROW };
    const { Item } = await table.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    return Item?.['status'] === 'batch:cancelled';
  }

  async function decide(item: BatchItem): Promise<ItemResult> {
    const { subscription, isDryRun = false } = item;
    const { task, projection, isDone } = await look(item);
    if (isDone) return { outcome: 'done' };
    if (projection === undefined) return failed(`There is no subscription ${subscription}.`);
    if (projection.endedAt !== null) {
      return failed(`The subscription has already ended (${projection.status}).`);
    }
    // A test clock's time is known to the subscription alone; this much of it is certain.
    const at = projection.testClock === null ? now() : projection.updatedAt;
    if (task.action === 'announce') return announce(item, task, at);
    const request = requestOf(task, projection);
    if ('impossible' in request) return failed(request.impossible);
    return isDryRun
      ? rehearse(request, projection, at)
      : subscriptions.ask({ subscription, request, key: batchKey(item) });
  }

  /** The address goes from the subscription to the mail, and nowhere else. */
  async function announce(
    item: BatchItem,
    task: Extract<BatchTask, { action: 'announce' }>,
    at: Instant,
  ): Promise<ItemResult> {
    const state = await subscriptions.look(item.subscription);
    if (state === null) return failed(`There is no subscription ${item.subscription}.`);
    const decided = announcement(item, task, state, at);
    if (!('email' in decided)) return decided;
    if (!item.isDryRun) await post(decided.email);
    return { outcome: 'done' };
  }

  return {
    listItems: createListItems(table, TableName),
    async itemsAt({ batch, chunk }) {
      const Key = { pk: itemsPartition(batch), sk: listRow(chunk) };
      const { Item } = await table.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      if (Item === undefined) throw new Error(`the list of batch ${batch} has no part ${chunk}`);
      return Item['ids'] as string[];
    },
    async doItem(item) {
      if (item.notBefore !== undefined && (await wasCancelled(item.batch))) {
        return recorded(item, { outcome: 'skipped', reason: 'The batch was cancelled.' });
      }
      return recorded(item, await decide(item));
    },
    rehearseItem: async (item) => recorded(item, await decide({ ...item, isDryRun: true })),
    noteItem,
  };
}

const failed = (reason: string): ItemResult => ({ outcome: 'failed', reason });
