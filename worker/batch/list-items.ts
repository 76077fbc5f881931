import { PutCommand, QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { activityInfo, heartbeat } from '@temporalio/activity';

import type { BatchActivities } from '../../workflows/activities.ts';
import { CHUNK, itemsPartition, listRow, TASK_ROW } from '../../workflows/domain/batch-records.ts';
import type { BatchFilter } from '../../workflows/domain/batch.ts';
import type { Projection } from '../../workflows/domain/projection.ts';
import { INDEXES } from '../../workflows/domain/records.ts';
import { STATUSES, type Status } from '../../workflows/domain/state.ts';

/** How far a list has come: what to read next, how many chunks are written, and what is not in one yet. */
interface Cursor {
  source: number;
  key?: Record<string, unknown>;
  chunks: number;
  rest: string[];
}

const ENDED: readonly Status[] = ['canceled', 'incomplete_expired'];
const LIVE = STATUSES.filter((status) => !ENDED.includes(status));

/**
 * Draws up the list of a batch. It is fixed before anything is done, as a batch may well move subscriptions out of its own
 * filter, or into it. One that changes its status meanwhile may show up twice, or not at all.
 */
export const createListItems =
  (table: DynamoDBDocumentClient, TableName: string): BatchActivities['listItems'] =>
  async ({ batch, task, subscriptions, filter = {} }) => {
    const pk = itemsPartition(batch);
    const put = (Item: Record<string, unknown>): Promise<unknown> =>
      table.send(new PutCommand({ TableName, Item: { pk, ...Item } }));
    await put({ sk: TASK_ROW, task });
    const begun = (activityInfo().heartbeatDetails as Cursor | undefined) ?? NOTHING;
    let { source, key, chunks, rest } = begun;
    const seen = new Set(rest);
    for (let chunk = 0; chunk < chunks; chunk++) {
      for (const id of await chunkAt(chunk)) seen.add(id);
    }
    const add = async (ids: readonly string[]): Promise<void> => {
      for (const id of ids) {
        if (seen.has(id)) continue;
        seen.add(id);
        rest.push(id);
      }
      while (rest.length >= CHUNK) await write(rest.splice(0, CHUNK));
    };
    const write = async (ids: string[]): Promise<void> => {
      await put({ sk: listRow(chunks), ids });
      chunks += 1;
    };
    rest = [...rest];
    if (subscriptions) await add(subscriptions);
    const sources = subscriptions ? [] : sourcesOf(filter);
    while (source < sources.length) {
      const { Items = [], LastEvaluatedKey } = await table.send(
        new QueryCommand({
          TableName,
          ...sources[source]!,
          ...(key && { ExclusiveStartKey: key }),
        }),
      );
      await add(
        Items.filter((row) => matches(row as Projection, filter)).map(({ id }) => id as string),
      );
      key = LastEvaluatedKey;
      if (key === undefined) source += 1;
      heartbeat({ source, ...(key && { key }), chunks, rest: [...rest] } satisfies Cursor);
    }
    if (rest.length > 0) await write(rest);
    return { total: seen.size };

    async function chunkAt(chunk: number): Promise<string[]> {
      const { Items = [] } = await table.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk = :sk',
          ExpressionAttributeValues: { ':pk': pk, ':sk': listRow(chunk) },
          ConsistentRead: true,
        }),
      );
      return Items[0]!['ids'] as string[];
    }
  };

const NOTHING: Cursor = { source: 0, chunks: 0, rest: [] };

/** What is read, one after the other. */
function sourcesOf({ status, customer }: BatchFilter) {
  if (customer !== undefined) return [from(INDEXES.byCustomer, customer)];
  return (status ? [status] : LIVE).map((each) => from(INDEXES.byStatus, each));
}

const from = ({ name, partition }: (typeof INDEXES)[keyof typeof INDEXES], value: string) => ({
  IndexName: name,
  KeyConditionExpression: '#key = :value',
  ExpressionAttributeNames: { '#key': partition },
  ExpressionAttributeValues: { ':value': value },
});

const matches = (
  { status, plan, pk }: Projection & { pk?: string },
  filter: BatchFilter,
): boolean =>
  pk?.startsWith('SUBSCRIPTION#') === true &&
  (filter.status === undefined ? LIVE.includes(status) : status === filter.status) &&
  (filter.plan === undefined || plan.id === filter.plan);
