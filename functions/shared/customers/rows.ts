import { createHash } from 'node:crypto';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  paginateQuery,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';

import type { Projection } from '../../../workflows/domain/projection.ts';
import {
  COMMAND_PREFIX,
  comparable,
  EMAIL_PREFIX,
  INDEXES,
  partition,
  suppressionKey,
  TIMELINE_PREFIX,
  type Suppression,
} from '../../../workflows/domain/records.ts';

/** A row as it is, without its partition. */
export type Row = Record<string, unknown> & { sk: string };

/** How many rows have lost something, and how many are gone. */
export interface Redaction {
  cleared: number;
  deleted: number;
}

/** All that the table has of a customer. */
export interface CustomerRows {
  subscriptionsOf(customer: string): Promise<Pick<Projection, 'id' | 'status' | 'endedAt'>[]>;
  rowsOf(subscription: string): Promise<Row[]>;
  suppressionOf(address: string): Promise<Suppression | null>;
  /** Takes out of a subscription's rows what somebody has said, or was told; money, tombstone and the mere facts stay. */
  redact(subscription: string): Promise<Redaction>;
}

export function createCustomerRows(TableName: string): CustomerRows {
  const table = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3 }));

  const rowsOf: CustomerRows['rowsOf'] = async (subscription) => {
    const rows: Row[] = [];
    const pages = paginateQuery(
      { client: table },
      {
        TableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': partition(subscription) },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages) {
      for (const { pk: _, ...row } of Items) rows.push(row as Row);
    }
    return rows;
  };

  return {
    rowsOf,
    async subscriptionsOf(customer) {
      const { name, partition: key } = INDEXES.byCustomer;
      const found: Projection[] = [];
      const pages = paginateQuery(
        { client: table },
        {
          TableName,
          IndexName: name,
          KeyConditionExpression: '#key = :customer',
          ExpressionAttributeNames: { '#key': key },
          ExpressionAttributeValues: { ':customer': customer },
        },
      );
      for await (const { Items = [] } of pages) found.push(...(Items as Projection[]));
      return found;
    },
    async suppressionOf(address) {
      const hash = createHash('sha256').update(comparable(address)).digest('hex');
      const { Item } = await table.send(
        new GetCommand({ TableName, Key: suppressionKey(hash), ConsistentRead: true }),
      );
      return Item ? { kind: Item['kind'] as Suppression['kind'], at: Item['at'] as string } : null;
    },
    async redact(subscription) {
      const pk = partition(subscription);
      const redaction = { cleared: 0, deleted: 0 };
      for (const row of await rowsOf(subscription)) {
        const Key = { pk, sk: row.sk };
        if (row.sk.startsWith(COMMAND_PREFIX)) {
          await table.send(new DeleteCommand({ TableName, Key }));
          redaction.deleted += 1;
          continue;
        }
        const fields = personalFields(row).filter((field) => row[field] !== undefined);
        if (fields.length === 0) continue;
        const names = fields.map((field, index): [string, string] => [`#${index}`, field]);
        await table.send(
          new UpdateCommand({
            TableName,
            Key,
            UpdateExpression: `REMOVE ${names.map(([name]) => name).join(', ')}`,
            ExpressionAttributeNames: Object.fromEntries(names),
          }),
        );
        redaction.cleared += 1;
      }
      return redaction;
    },
  };
}

/** What may hold personal data: what an e-mail said, with the link to an invoice in it, and the words of who cancelled. */
function personalFields({ sk, type }: Row): string[] {
  if (sk.startsWith(EMAIL_PREFIX)) return ['data', 'messageId'];
  // The reasons of what was ignored are our own.
  return sk.startsWith(TIMELINE_PREFIX) && type !== 'ignored' ? ['reason'] : [];
}
