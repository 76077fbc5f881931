import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';

import { inventoryKey } from '../../workflows/domain/records.ts';

/** What there is of one thing. */
export interface InventoryItem {
  sku: string;
  /** What is free to be sold; what orders hold is not among it. */
  stock: number;
  /** How much of it running orders hold. */
  held: number;
  /** Whether it must not go out for the time being. */
  isBlocked: boolean;
}

export interface Inventory {
  find(sku: string): Promise<InventoryItem | undefined>;
  /** Counts it from now on, with what is given; the rest stays. */
  enter(sku: string, item: { stock?: number; isBlocked?: boolean }): Promise<InventoryItem>;
}

export function createInventory(TableName: string): Inventory {
  const table = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3 }));
  return {
    async find(sku) {
      const Key = inventoryKey(sku);
      const { Item } = await table.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      return Item && itemOf(sku, Item);
    },
    async enter(sku, { stock, isBlocked }) {
      const { Attributes } = await table.send(
        new UpdateCommand({
          TableName,
          Key: inventoryKey(sku),
          UpdateExpression: `SET ${[
            stock === undefined ? 'stock = if_not_exists(stock, :stock)' : 'stock = :stock',
            isBlocked === undefined
              ? 'isBlocked = if_not_exists(isBlocked, :blocked)'
              : 'isBlocked = :blocked',
            'held = if_not_exists(held, :held)',
          ].join(', ')}`,
          ExpressionAttributeValues: {
            ':stock': stock ?? 0,
            ':held': {},
            ':blocked': isBlocked ?? false,
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return itemOf(sku, Attributes ?? {});
    },
  };
}

function itemOf(sku: string, row: Record<string, unknown>): InventoryItem {
  const held = Object.values((row['held'] ?? {}) as Record<string, number>);
  return {
    sku,
    stock: Number(row['stock'] ?? 0),
    held: held.reduce((sum, quantity) => sum + quantity, 0),
    isBlocked: row['isBlocked'] === true,
  };
}
