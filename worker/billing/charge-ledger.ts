import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  GetCommand,
  PutCommand,
  UpdateCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';

import { chargeRow, partition } from '../../workflows/domain/records.ts';
import type { Money } from '../../workflows/domain/state.ts';

/** A charge as the provider was first asked for it; asked again, it is asked for in the same words. */
export interface Asked {
  amount: Money;
  /** Absent when there was none to charge. */
  paymentMethod?: string;
  /** The payment that came of it, once the provider has said so. */
  payment?: string;
  /** The customer has to confirm the payment: whoever hears of it has to tell the workflow. */
  awaits?: true;
  /** The task token, in base64, of the activity that waits for that. */
  token?: string;
  /** It has been taken back, and is not to be made any more. */
  withdrawn?: true;
}

/** One row for each charge, written before the provider is asked, for ever. */
export interface ChargeLedger {
  find(subscription: string, key: string): Promise<Asked | undefined>;
  /** Writes down what is about to be asked; answers with what was written first, by us or by an earlier try. */
  open(subscription: string, key: string, asked: Asked): Promise<Asked>;
  /** Adds what came of it. */
  note(
    subscription: string,
    key: string,
    found: Pick<Asked, 'payment' | 'awaits' | 'token' | 'withdrawn'>,
  ): Promise<void>;
  /** Nobody has to be told of its payment any more, unless an activity waits for it. */
  forget(subscription: string, key: string): Promise<void>;
}

/** `partitionOf` is where the rows of a payer are: a subscription unless it is said. */
export function createChargeLedger(
  table: DynamoDBDocumentClient,
  TableName: string,
  partitionOf: (payer: string) => string = partition,
): ChargeLedger {
  const keyOf = (payer: string, key: string) => ({ pk: partitionOf(payer), sk: chargeRow(key) });
  const find: ChargeLedger['find'] = async (subscription, key) => {
    const Key = keyOf(subscription, key);
    const { Item } = await table.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
    if (Item === undefined) return undefined;
    const { pk: _pk, sk: _sk, ...asked } = Item;
    return asked as Asked;
  };
  return {
    find,
    async open(subscription, key, asked) {
      const Item = { ...keyOf(subscription, key), ...asked };
      const isNew = 'attribute_not_exists(pk)';
      try {
        await table.send(new PutCommand({ TableName, Item, ConditionExpression: isNew }));
        return asked;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        return (await find(subscription, key)) ?? asked;
      }
    },
    async forget(subscription, key) {
      const Key = keyOf(subscription, key);
      const isUnwatched = 'attribute_exists(awaits) AND attribute_not_exists(#token)';
      const ExpressionAttributeNames = { '#token': 'token' };
      const what = { UpdateExpression: 'REMOVE awaits', ConditionExpression: isUnwatched };
      try {
        await table.send(new UpdateCommand({ TableName, Key, ...what, ExpressionAttributeNames }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
    async note(subscription, key, found) {
      const fields = Object.entries(found);
      await table.send(
        new UpdateCommand({
          TableName,
          Key: keyOf(subscription, key),
          UpdateExpression: `SET ${fields.map((_, i) => `#${i} = :${i}`).join(', ')}`,
          ExpressionAttributeNames: Object.fromEntries(fields.map(([name], i) => [`#${i}`, name])),
          ExpressionAttributeValues: Object.fromEntries(fields.map(([, is], i) => [`:${i}`, is])),
        }),
      );
    },
  };
}
