import { createHash } from 'node:crypto';

import { GetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import { comparable, suppressionKey, type Suppression } from '../../workflows/domain/records.ts';

/** The addresses that no mail may go to, as feedback has shown. */
export interface Suppressions {
  find(address: string): Promise<Suppression | undefined>;
}

export const createSuppressions = (
  table: DynamoDBDocumentClient,
  tableName: string,
): Suppressions => ({
  async find(address) {
    const hash = createHash('sha256').update(comparable(address)).digest('hex');
    const { Item } = await table.send(
      new GetCommand({ TableName: tableName, Key: suppressionKey(hash), ConsistentRead: true }),
    );
    return Item as Suppression | undefined;
  },
});
