import { QueryCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import type { PublishActivities } from '../../workflows/activities.ts';
import type { Email } from '../../workflows/domain/emails.ts';
import { EMAIL_PREFIX, partition } from '../../workflows/domain/records.ts';
import type { Post } from './post.ts';

/** Sends what the ledger has of the last e-mail of a type once more, to where mail goes now. */
export const createResend =
  (
    table: DynamoDBDocumentClient,
    TableName: string,
    post: Post,
  ): PublishActivities['resendEmail'] =>
  async ({ subscription, email: type, to, key, at }) => {
    const { Items = [] } = await table.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: {
          ':pk': partition(subscription),
          ':prefix': `${EMAIL_PREFIX}${type}:`,
        },
        ConsistentRead: true,
      }),
    );
    const own = `${EMAIL_PREFIX}${key}`;
    const [last] = (Items as { sk: string; at: string; data?: Email['data']; testClock?: string }[])
      .filter(({ sk, data }) => sk !== own && data !== undefined)
      .toSorted((a, b) => (a.at < b.at ? 1 : -1));
    if (last?.data === undefined) return false;
    const { data, testClock } = last;
    await post({ key, type, subscription, at, to, data, ...(testClock && { testClock }) });
    return true;
  };
