import { QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import type { RecordsActivities } from '../../workflows/activities.ts';
import type { Projection } from '../../workflows/domain/projection.ts';
import { INDEXES } from '../../workflows/domain/records.ts';

/** What the records know of a customer's other subscriptions; an index may lag behind by a moment. */
export const createCustomerActivities = (
  table: DynamoDBDocumentClient,
  TableName: string,
): Pick<RecordsActivities, 'lookAround'> => ({
  async lookAround({ subscription, customer }) {
    const { name, partition } = INDEXES.byCustomer;
    const others: Pick<Projection, 'id' | 'trialEnd' | 'endedAt'>[] = [];
    let from: Record<string, unknown> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await table.send(
        new QueryCommand({
          TableName,
          IndexName: name,
          KeyConditionExpression: '#key = :customer',
          ExpressionAttributeNames: { '#key': partition },
          ExpressionAttributeValues: { ':customer': customer },
          ...(from && { ExclusiveStartKey: from }),
        }),
      );
      others.push(...(Items as Projection[]).filter(({ id }) => id !== subscription));
      from = LastEvaluatedKey;
    } while (from !== undefined);
    return {
      hadTrial: others.some(({ trialEnd }) => trialEnd !== null),
      isBack: others.some(({ endedAt }) => endedAt === null),
    };
  },
});
