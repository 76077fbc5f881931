import { BatchGetCommand, QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import type { Projection } from '../../workflows/domain/projection.ts';
import { INDEXES, partition, STATE_ROW } from '../../workflows/domain/records.ts';
import type { Status } from '../../workflows/domain/state.ts';

/** Where a page of the records begins: opaque, and JSON. */
export type RecordsCursor = Record<string, unknown>;

/** What a reconciliation reads of the records. */
export interface ReconcileRecords {
  /** Those of these subscriptions that are known, by their ids. */
  findAll(subscriptions: readonly string[]): Promise<Map<string, Projection>>;
  /** A page of those with a status; an index may lag behind by a moment. */
  page(
    status: Status,
    from?: RecordsCursor,
  ): Promise<{ items: Projection[]; next?: RecordsCursor }>;
}

/** More than this DynamoDB does not hand out at once. */
const AT_ONCE = 100;

export function createReconcileRecords(
  table: DynamoDBDocumentClient,
  TableName: string,
): ReconcileRecords {
  return {
    async findAll(subscriptions) {
      const found = new Map<string, Projection>();
      let left = subscriptions.map((id): RecordsCursor => ({ pk: partition(id), sk: STATE_ROW }));
      while (left.length > 0) {
        const Keys = left.slice(0, AT_ONCE);
        const RequestItems = { [TableName]: { Keys, ConsistentRead: true } };
        const { Responses, UnprocessedKeys } = await table.send(
          new BatchGetCommand({ RequestItems }),
        );
        for (const row of (Responses?.[TableName] ?? []) as Projection[]) found.set(row.id, row);
        left = [...(UnprocessedKeys?.[TableName]?.Keys ?? []), ...left.slice(AT_ONCE)];
      }
      return found;
    },
    async page(status, from) {
      const { name, partition: key } = INDEXES.byStatus;
      const { Items = [], LastEvaluatedKey } = await table.send(
        new QueryCommand({
          TableName,
          IndexName: name,
          KeyConditionExpression: '#key = :status',
          ExpressionAttributeNames: { '#key': key },
          ExpressionAttributeValues: { ':status': status },
          Limit: AT_ONCE,
          ...(from && { ExclusiveStartKey: from }),
        }),
      );
      const items = Items as Projection[];
      return LastEvaluatedKey ? { items, next: LastEvaluatedKey } : { items };
    },
  };
}
