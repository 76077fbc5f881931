import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import {
  CHUNK,
  chunkOf,
  ITEM_PREFIX,
  itemsPartition,
  listRow,
  type ItemNote,
} from '../../workflows/domain/batch-records.ts';
import { HttpError } from './http.ts';

export interface ItemPage {
  items: ItemNote[];
  nextCursor: string | null;
}

/** What was not done in a batch, and why: first what failed, was skipped or waits, then what was never begun. */
export interface BatchItems {
  /** `begun` to `total` is what a batch that was cancelled has left of its list. */
  page(
    batch: string,
    request: { limit: number; cursor?: string | undefined; begun: number; total: number },
  ): Promise<ItemPage>;
}

/** After which subscription the next page begins, or from which place in the list. */
const cursorShape = z.union([
  z.strictObject({ after: z.string().min(1) }),
  z.strictObject({ from: z.int().min(0) }),
]);

type Cursor = z.output<typeof cursorShape>;

export function createBatchItems(TableName: string): BatchItems {
  const table = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3 }));

  async function notes(
    batch: string,
    limit: number,
    after?: string,
  ): Promise<{ items: ItemNote[]; last: string | undefined }> {
    const pk = itemsPartition(batch);
    const { Items = [], LastEvaluatedKey } = await table.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': pk, ':prefix': ITEM_PREFIX },
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { pk, sk: after } }),
      }),
    );
    const items = Items.map(({ pk: _pk, sk: _sk, ...note }) => note as unknown as ItemNote);
    return { items, last: LastEvaluatedKey?.['sk'] as string | undefined };
  }

  async function neverBegun(batch: string, from: number, to: number): Promise<ItemNote[]> {
    const items: ItemNote[] = [];
    for (let at = from; at < to;) {
      const Key = { pk: itemsPartition(batch), sk: listRow(chunkOf(at)) };
      const { Item } = await table.send(new GetCommand({ TableName, Key }));
      const end = Math.min(to, (chunkOf(at) + 1) * CHUNK);
      const ids = (Item?.['ids'] ?? []) as string[];
      const part = ids.slice(at % CHUNK, (at % CHUNK) + end - at);
      items.push(
        ...part.map((subscription): ItemNote => ({
          subscription,
          outcome: 'not_done',
          reason: 'The batch was cancelled before it.',
        })),
      );
      at = end;
    }
    return items;
  }

  return {
    async page(batch, { limit, cursor, begun, total }) {
      const at = cursor === undefined ? undefined : decode(cursor);
      const items: ItemNote[] = [];
      if (at === undefined || 'after' in at) {
        const page = await notes(batch, limit, at?.after);
        items.push(...page.items);
        if (page.last !== undefined) return { items, nextCursor: encode({ after: page.last }) };
      }
      const from = at !== undefined && 'from' in at ? at.from : begun;
      const to = Math.min(total, from + limit - items.length);
      items.push(...(await neverBegun(batch, from, to)));
      return { items, nextCursor: to < total ? encode({ from: Math.max(from, to) }) : null };
    },
  };
}

const encode = (cursor: Cursor): string =>
  Buffer.from(JSON.stringify(cursor)).toString('base64url');

function decode(cursor: string): Cursor {
  try {
    return cursorShape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw new HttpError(422, 'cursor: is not one that this report has given.');
  }
}
