import { ConditionalCheckFailedException, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';

import { CLOCK_ROW, partition } from '../../../workflows/domain/records.ts';
import { HttpError } from '../http.ts';

/** Longer than any hop may take; after that the holder must have died. */
const LEASE_MS = 90_000;

/** Runs `work` while nobody else advances this subscription. Throws an {@link HttpError} 409 when somebody does. */
export type ClockLock = <T>(
  subscription: string,
  work: (renew: () => Promise<void>) => Promise<T>,
) => Promise<T>;

export function createClockLock(tableName: string): ClockLock {
  const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
  return async (subscription, work) => {
    const holder = crypto.randomUUID();
    const key = { pk: partition(subscription), sk: CLOCK_ROW };
    const lease = async (): Promise<void> => {
      const now = Date.now();
      await table.send(
        new PutCommand({
          TableName: tableName,
          Item: { ...key, holder, expiresAt: now + LEASE_MS },
          ConditionExpression: 'attribute_not_exists(pk) OR expiresAt < :now OR holder = :holder',
          ExpressionAttributeValues: { ':now': now, ':holder': holder },
        }),
      );
    };
    try {
      await lease();
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      throw new HttpError(409, 'Another advance of this subscription is under way.');
    }
    try {
      return await work(lease);
    } finally {
      await table.send(
        new DeleteCommand({
          TableName: tableName,
          Key: key,
          ConditionExpression: 'holder = :holder',
          ExpressionAttributeValues: { ':holder': holder },
        }),
      );
    }
  };
}
