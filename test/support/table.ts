import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll } from 'vitest';

import { LOCAL_CREDENTIALS } from '../../local/config.ts';
import { startTable, type Table } from '../../local/table.ts';
import { partition } from '../../workflows/domain/records.ts';

type Row = Record<string, unknown> & { sk: string };

/** A DynamoDB server of the file's own, and ways to look into it. The environment points the AWS SDK at it. */
export interface TestTable {
  readonly name: string;
  readonly client: DynamoDBDocumentClient;
  rows(subscription: string, prefix?: string): Promise<Row[]>;
  put(row: Record<string, unknown>): Promise<void>;
}

export function useTable(): TestTable {
  let table: Table;
  let client: DynamoDBDocumentClient;
  beforeAll(async () => {
    table = await startTable(LOCAL_CREDENTIALS);
    process.env['AWS_ENDPOINT_URL_DYNAMODB'] = table.endpoint;
    process.env['AWS_REGION'] = 'us-east-1';
    process.env['AWS_ACCESS_KEY_ID'] = LOCAL_CREDENTIALS.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = LOCAL_CREDENTIALS.secretAccessKey;
    client = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
      marshallOptions: { removeUndefinedValues: true },
    });
  });
  afterAll(async () => {
    client.destroy();
    await table.close();
  });
  return {
    get name() {
      return table.name;
    },
    get client() {
      return client;
    },
    async rows(subscription, prefix = '') {
      const { Items = [] } = await client.send(
        new QueryCommand({
          TableName: table.name,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: { ':pk': partition(subscription), ':prefix': prefix || ' ' },
          ...(prefix === '' && {
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': partition(subscription) },
          }),
        }),
      );
      return Items as Row[];
    },
    async put(row) {
      await client.send(new PutCommand({ TableName: table.name, Item: row }));
    },
  };
}
