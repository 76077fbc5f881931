import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod';

import type { Projection, TimelineEntry } from '../../workflows/domain/projection.ts';
import {
  chargeRow,
  commandRow,
  EMAIL_PREFIX,
  INDEXES,
  partition,
  STATE_ROW,
  TIMELINE_PREFIX,
} from '../../workflows/domain/records.ts';
import { STATUSES, type Status } from '../../workflows/domain/state.ts';
import { HttpError } from './http.ts';

/** A subscription as readers get it. */
export type SubscriptionRecord = Projection & { timeline: TimelineEntry[] };

export interface Page {
  items: Projection[];
  nextCursor: string | null;
}

export interface ListRequest {
  status?: Status;
  customer?: string;
  limit: number;
  cursor?: string;
}

/** The read side: never wakes a worker. */
export interface Records {
  find(subscription: string): Promise<SubscriptionRecord | undefined>;
  list(request: ListRequest): Promise<Page>;
  /** The subscriptions of a customer that may still do something: those that have not ended, or are to win the customer back. */
  idsOfCustomer(customer: string): Promise<string[]>;
  /** The command that came with this key, once it has been obeyed; `request` is its name, as `nameOf` makes it. */
  findCommand(subscription: string, key: string): Promise<{ request?: string } | undefined>;
  /** Whoever waits for the customer to confirm this charge; undefined when there is nothing to confirm. */
  findWaiting(subscription: string, key: string): Promise<Waiting | undefined>;
}

/** A charge that is to be confirmed, and the task token (in base64) of the activity that waits for it, if one does. */
export interface Waiting {
  token?: string;
}

type Row = Record<string, unknown> & { sk: string };

export function createRecords(tableName: string): Records {
  const table = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3 }));
  const query = async (input: Omit<QueryInput, 'TableName'>) =>
    table.send(new QueryCommand({ TableName: tableName, ...input }));
  const get = async (subscription: string, sk: string) => {
    const Key = { pk: partition(subscription), sk };
    const command = new GetCommand({ TableName: tableName, Key, ConsistentRead: true });
    return (await table.send(command)).Item;
  };
  const index = async (
    { name, partition: key }: (typeof INDEXES)[keyof typeof INDEXES],
    value: string,
    more: Partial<QueryInput> = {},
  ) =>
    query({
      IndexName: name,
      KeyConditionExpression: '#key = :value',
      ExpressionAttributeNames: { '#key': key },
      ExpressionAttributeValues: { ':value': value },
      ...more,
    });

  return {
    async find(subscription) {
      const rows: Row[] = [];
      let from: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await query({
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': partition(subscription) },
          ConsistentRead: true,
          ...(from && { ExclusiveStartKey: from }),
        });
        rows.push(...(Items as Row[]));
        from = LastEvaluatedKey;
      } while (from !== undefined);
      const state = rows.find(({ sk }) => sk === STATE_ROW);
      return state && { ...projectionOf(state), timeline: timelineOf(rows) };
    },

    async list(request) {
      try {
        return await listFrom(decodeCursor(request.cursor), request);
      } catch (error) {
        const isForeign = (error as Error).name === 'ValidationException';
        throw isForeign && request.cursor !== undefined ? foreignCursor() : error;
      }
    },
    async findCommand(subscription, key) {
      const row = await get(subscription, commandRow(key));
      const request = row?.['request'];
      return row && (typeof request === 'string' ? { request } : {});
    },
    async findWaiting(subscription, key) {
      const row = await get(subscription, chargeRow(key));
      const token = row?.['token'];
      if (typeof token === 'string') return { token };
      return row?.['awaits'] === true ? {} : undefined;
    },

    async idsOfCustomer(customer) {
      const ids: string[] = [];
      let from: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await index(INDEXES.byCustomer, customer, {
          ...(from && { ExclusiveStartKey: from }),
        });
        const running = Items.filter(
          (row) => row['endedAt'] === null || row['nextAction'] !== null,
        );
        ids.push(...running.map(({ id }) => id as string));
        from = LastEvaluatedKey;
      } while (from !== undefined);
      return ids;
    },
  };

  async function listFrom(
    at: Cursor,
    { status, customer, limit }: Omit<ListRequest, 'cursor'>,
  ): Promise<Page> {
    if (customer !== undefined) {
      const { Items = [], LastEvaluatedKey } = await index(INDEXES.byCustomer, customer, {
        Limit: limit,
        ...(at.key && { ExclusiveStartKey: at.key }),
        ...(status && {
          FilterExpression: '#status = :status',
          ExpressionAttributeNames: { '#key': 'customer', '#status': 'status' },
          ExpressionAttributeValues: { ':value': customer, ':status': status },
        }),
      });
      return page(Items, LastEvaluatedKey && { key: LastEvaluatedKey });
    }
    return listByStatus(status ? [status] : [...STATUSES], limit, at);
  }

  /** One status after the other, until the page is full. */
  async function listByStatus(statuses: Status[], limit: number, at: Cursor): Promise<Page> {
    const items: Record<string, unknown>[] = [];
    let { key } = at;
    for (let i = at.status ?? 0; i < statuses.length; i++) {
      const { Items = [], LastEvaluatedKey } = await index(INDEXES.byStatus, statuses[i]!, {
        Limit: limit - items.length,
        ...(key && { ExclusiveStartKey: key }),
      });
      items.push(...Items);
      key = LastEvaluatedKey;
      if (key) return page(items, { status: i, key });
      if (items.length >= limit && i + 1 < statuses.length) return page(items, { status: i + 1 });
    }
    return page(items, undefined);
  }
}

type QueryInput = ConstructorParameters<typeof QueryCommand>[0];

/** Where the next page begins: in which status of the list, and after which key. */
const cursorShape = z.object({
  status: z.int().min(0).optional(),
  key: z.record(z.string(), z.string()).optional(),
});

type Cursor = z.output<typeof cursorShape>;

const page = (rows: Record<string, unknown>[], next: Cursor | undefined): Page => ({
  items: rows.map((row) => projectionOf(row as Row)),
  nextCursor: next ? Buffer.from(JSON.stringify(next)).toString('base64url') : null,
});

function decodeCursor(cursor: string | undefined): Cursor {
  if (cursor === undefined) return {};
  try {
    return cursorShape.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()));
  } catch {
    throw foreignCursor();
  }
}

const foreignCursor = (): HttpError =>
  new HttpError(422, 'cursor: is not one that this list has given, with the same filters.');

function projectionOf(row: Row): Projection {
  const { pk: _pk, sk: _sk, ...projection } = row;
  return projection as unknown as Projection;
}

/** What happened and what was written, by lifecycle time; at the same instant in the order of the table. */
function timelineOf(rows: Row[]): TimelineEntry[] {
  const lines = rows.filter(({ sk }) => sk.startsWith(TIMELINE_PREFIX));
  const emails = rows
    .filter(({ sk }) => sk.startsWith(EMAIL_PREFIX))
    .map(({ at, type, status, uncertain, reason }) => ({
      at: at as string,
      type: 'email',
      email: type,
      status,
      ...(uncertain === true && { uncertain }),
      ...(typeof reason === 'string' && { reason }),
    }));
  return [...withoutLeftovers(lines), ...emails].toSorted((a, b) =>
    a.at < b.at ? -1 : a.at > b.at ? 1 : 0,
  );
}

/** Of one version only what its last writer wrote: an earlier one, whose task was run again, may have written more lines. */
function withoutLeftovers(lines: Row[]): TimelineEntry[] {
  const latest = new Map<string, string>();
  for (const { sk, wakeAt = '' } of lines) {
    const version = versionOf(sk);
    latest.set(version, [latest.get(version) ?? '', wakeAt as string].toSorted()[1]!);
  }
  return lines
    .filter(({ sk, wakeAt = '' }) => wakeAt === latest.get(versionOf(sk)))
    .map(
      ({ pk: _pk, sk: _sk, wakeAt: _wakeAt, outbound: _outbound, ...entry }) =>
        entry as unknown as TimelineEntry,
    );
}

const versionOf = (sk: string): string => sk.slice(0, sk.lastIndexOf('#'));
