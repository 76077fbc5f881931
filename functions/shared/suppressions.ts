import { createHash } from 'node:crypto';

import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';

import { comparable, suppressionKey, type Suppression } from '../../workflows/domain/records.ts';

/** The addresses that no mail may go to. */
export interface Suppressions {
  /** Says whether it was not there yet; what came first stays. */
  add(address: string, suppression: Suppression): Promise<boolean>;
}

export function createSuppressions(tableName: string): Suppressions {
  const table = new DynamoDBClient({ maxAttempts: 3 });
  return {
    async add(address, { kind, at }) {
      const hash = createHash('sha256').update(comparable(address)).digest('hex');
      const { pk, sk } = suppressionKey(hash);
      try {
        await table.send(
          new PutItemCommand({
            TableName: tableName,
            Item: { pk: { S: pk }, sk: { S: sk }, kind: { S: kind }, at: { S: at } },
            ConditionExpression: 'attribute_not_exists(pk)',
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
}
