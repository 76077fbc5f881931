import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import type { RecordsActivities } from '../../workflows/activities.ts';
import type { Tombstone } from '../../workflows/domain/commands.ts';
import {
  commandRow,
  partition,
  STATE_ROW,
  TIMELINE_PREFIX,
  TOMBSTONE_ROW,
  type Change,
} from '../../workflows/domain/records.ts';
import { linesOf } from '../events/lines.ts';

/** Writes all that one change leaves in the records. */
export type SaveChange = (change: Change) => Promise<void>;

/** In an order that a crash may cut anywhere: lines, tombstone, projection. */
export const createSaveChange =
  (table: DynamoDBDocumentClient, TableName: string): SaveChange =>
  async (change) => {
    const { projection, tombstone, command } = change;
    const pk = partition(projection.id);
    const { version, updatedAt } = projection;
    const put = (item: Record<string, unknown>): Promise<unknown> =>
      table.send(new PutCommand({ TableName, Item: { pk, ...item } }));
    /** A write of something older, repeated or late, is as good as done. */
    const putUnlessNewer = async (
      item: Record<string, unknown>,
      ConditionExpression: string,
      ExpressionAttributeValues: Record<string, unknown>,
    ): Promise<void> => {
      const condition = { ConditionExpression, ExpressionAttributeValues };
      try {
        await table.send(new PutCommand({ TableName, Item: { pk, ...item }, ...condition }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    };
    await Promise.all(
      linesOf(change).map((line) =>
        putUnlessNewer(line, 'attribute_not_exists(pk) OR wakeAt <= :at', { ':at': updatedAt }),
      ),
    );
    if (command) await put({ sk: commandRow(command.key), version, request: command.request });
    if (tombstone) await put({ sk: TOMBSTONE_ROW, ...tombstone });
    await putUnlessNewer(
      { sk: STATE_ROW, ...projection },
      'attribute_not_exists(pk) OR version < :version OR (version = :version AND updatedAt <= :at)',
      { ':version': version, ':at': updatedAt },
    );
  };

export const createRecordsActivities = (
  table: DynamoDBDocumentClient,
  TableName: string,
): Omit<RecordsActivities, 'lookAround'> => ({
  async findTraces(subscription) {
    const pk = partition(subscription);
    const get = async (sk: string): Promise<Record<string, unknown> | undefined> => {
      const Key = { pk, sk };
      return (await table.send(new GetCommand({ TableName, Key, ConsistentRead: true }))).Item;
    };
    const [tombstone, state] = await Promise.all([get(TOMBSTONE_ROW), get(STATE_ROW)]);
    return {
      ...(tombstone && {
        tombstone: { status: tombstone['status'], endedAt: tombstone['endedAt'] } as Tombstone,
      }),
      ...(state && { version: state['version'] as number }),
    };
  },
  async noteIgnored({ subscription, eventId, reason, at }) {
    const key = { pk: partition(subscription), sk: `${TIMELINE_PREFIX}~${eventId}` };
    const Item = { ...key, type: 'ignored', at, eventId, reason };
    await table.send(new PutCommand({ TableName, Item }));
  },
});
