import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  GetCommand,
  PutCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { ApplicationFailure } from '@temporalio/activity';

import type { InventoryActivities, OrderParcel } from '../../workflows/activities.ts';
import { FAILURES } from '../../workflows/domain/failures.ts';
import type { OrderItem } from '../../workflows/domain/order.ts';
import { inventoryKey, jobPartition, PARCEL_ROW } from '../../workflows/domain/records.ts';

const parcelKey = (order: string) => ({ pk: jobPartition('order', order), sk: PARCEL_ROW });

/**
 * Stock in the records, one row for each sku. What an order holds is in the very row that it is taken from, so that one
 * conditional write does both, once. A sku without a row is not counted: what is sold without a stock needs no entry.
 */
export function createInventoryActivities(
  table: DynamoDBDocumentClient,
  TableName: string,
): InventoryActivities {
  /** Changes a row if the condition holds; whether it did. */
  const change = async (
    Key: { pk: string; sk: string },
    update: Omit<UpdateCommandInput, 'TableName' | 'Key'>,
  ): Promise<boolean> => {
    try {
      await table.send(new UpdateCommand({ TableName, Key, ...update }));
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return false;
    }
  };
  const changeStock = (
    { order }: OrderParcel,
    { sku }: OrderItem,
    update: string,
    condition: string,
    quantity?: number,
  ): Promise<boolean> =>
    change(inventoryKey(sku), {
      UpdateExpression: update,
      ConditionExpression: condition,
      ExpressionAttributeNames: { '#order': order },
      ...(quantity !== undefined && { ExpressionAttributeValues: { ':quantity': quantity } }),
    });
  const get = async (Key: { pk: string; sk: string }) =>
    (await table.send(new GetCommand({ TableName, Key, ConsistentRead: true }))).Item;

  return {
    async reserve(parcel) {
      for (const item of parcel.items) {
        const isHeld = await changeStock(
          parcel,
          item,
          'SET stock = stock - :quantity, held.#order = :quantity',
          'attribute_not_exists(held.#order) AND stock >= :quantity',
          item.quantity,
        );
        if (isHeld) continue;
        const row = await get(inventoryKey(item.sku));
        const isCounted = row !== undefined && !(parcel.order in (row['held'] as object));
        if (isCounted) {
          const why = `of ${item.sku} there are ${String(row['stock'])}, not ${item.quantity}`;
          throw ApplicationFailure.nonRetryable(why, FAILURES.soldOut);
        }
      }
    },
    async release(parcel) {
      for (const item of parcel.items) {
        const giveBack = 'SET stock = stock + held.#order REMOVE held.#order';
        await changeStock(parcel, item, giveBack, 'attribute_exists(held.#order)');
      }
    },
    async fulfil(parcel) {
      const { order, items } = parcel;
      for (const { sku } of items) {
        if ((await get(inventoryKey(sku)))?.['isBlocked'] !== true) continue;
        throw ApplicationFailure.nonRetryable(`${sku} must not go out`, FAILURES.undeliverable);
      }
      if (!(await putNew({ ...parcelKey(order), items, isSent: true }))) {
        const { isRecalled } = (await get(parcelKey(order))) ?? {};
        if (isRecalled === true) {
          throw ApplicationFailure.nonRetryable('it has been recalled', FAILURES.undeliverable);
        }
      }
      for (const item of items) {
        await changeStock(parcel, item, 'REMOVE held.#order', 'attribute_exists(held.#order)');
      }
    },
    async recall(parcel) {
      const { order, items } = parcel;
      // With nothing sent, the row keeps a try that comes late from sending it.
      if (await putNew({ ...parcelKey(order), items, isRecalled: true })) return;
      const wasSent = await change(parcelKey(order), {
        UpdateExpression: 'SET isRecalled = :true',
        ConditionExpression: 'attribute_exists(isSent)',
        ExpressionAttributeValues: { ':true': true },
      });
      if (!wasSent) return;
      for (const item of items) {
        const isSent = 'attribute_exists(held) AND attribute_not_exists(held.#order)';
        await changeStock(parcel, item, 'SET held.#order = :quantity', isSent, item.quantity);
      }
    },
  };

  async function putNew(Item: Record<string, unknown>): Promise<boolean> {
    const ConditionExpression = 'attribute_not_exists(pk)';
    try {
      await table.send(new PutCommand({ TableName, Item, ConditionExpression }));
      return true;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return false;
    }
  }
}
