import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { CreateTableCommand, DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';

import { INDEXES } from '../workflows/domain/records.ts';

/** A DynamoDB server on the loopback interface with the table of the product. */
export interface Table {
  endpoint: string;
  name: string;
  isUp(): Promise<boolean>;
  close(): Promise<void>;
}

const NAME = 'perennial';

export async function startTable(credentials: {
  accessKeyId: string;
  secretAccessKey: string;
}): Promise<Table> {
  const server = dynalite({ createTableMs: 0 });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials });
  const indexes = Object.values(INDEXES);
  const keys = [
    'pk',
    'sk',
    ...new Set(indexes.flatMap(({ partition, sort }) => [partition, sort])),
  ];
  await client.send(
    new CreateTableCommand({
      TableName: NAME,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: keys.map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
      KeySchema: keySchema('pk', 'sk'),
      GlobalSecondaryIndexes: indexes.map(({ name, partition, sort }) => ({
        IndexName: name,
        KeySchema: keySchema(partition, sort),
        Projection: { ProjectionType: 'ALL' },
      })),
    }),
  );
  return {
    endpoint,
    name: NAME,
    isUp: async () =>
      (await client.send(new ListTablesCommand({}))).TableNames?.includes(NAME) ?? false,
    async close() {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const keySchema = (partition: string, sort: string) => [
  { AttributeName: partition, KeyType: 'HASH' as const },
  { AttributeName: sort, KeyType: 'RANGE' as const },
];
