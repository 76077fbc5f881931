import { QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import type { Projection, TimelineEntry } from '../../workflows/domain/projection.ts';
import {
  EMAIL_PREFIX,
  INDEXES,
  partition,
  STATE_ROW,
  TIMELINE_PREFIX,
} from '../../workflows/domain/records.ts';
import type { File, Files } from '../activities/review.ts';

type Row = Record<string, unknown> & { sk: string };

/** The records as a jury reads them. */
export function createFiles(table: DynamoDBDocumentClient, TableName: string): Files {
  return {
    async find(subscription) {
      const rows: Row[] = [];
      let from: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await table.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': partition(subscription) },
            ConsistentRead: true,
            ...(from && { ExclusiveStartKey: from }),
          }),
        );
        rows.push(...(Items as Row[]));
        from = LastEvaluatedKey;
      } while (from !== undefined);
      const state = rows.find(({ sk }) => sk === STATE_ROW);
      return (
        state && {
          projection: state as unknown as Projection,
          timeline: beginning(rows, TIMELINE_PREFIX) as unknown as TimelineEntry[],
          emails: beginning(rows, EMAIL_PREFIX).map(
            ({ type, at, status }) => ({ type, at, status }) as File['emails'][number],
          ),
        }
      );
    },
    async idsOfCustomer(customer) {
      const { name, partition: key } = INDEXES.byCustomer;
      const { Items = [] } = await table.send(
        new QueryCommand({
          TableName,
          IndexName: name,
          KeyConditionExpression: '#key = :customer',
          ExpressionAttributeNames: { '#key': key },
          ExpressionAttributeValues: { ':customer': customer },
        }),
      );
      return (Items as Pick<Projection, 'id'>[]).map(({ id }) => id);
    },
  };
}

const beginning = (rows: Row[], prefix: string): Row[] =>
  rows.filter(({ sk }) => sk.startsWith(prefix));
