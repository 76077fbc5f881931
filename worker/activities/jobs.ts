import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import type { JobActivities } from '../../workflows/activities.ts';
import { jobPartition, jobStatus, STATE_ROW, timelineRow } from '../../workflows/domain/records.ts';
import type { Post } from '../email/post.ts';
import { postInTime } from './publish.ts';

/** The records and the mail of jobs; of one version the latest writer counts, as for subscriptions. */
export const createJobActivities = (
  table: DynamoDBDocumentClient,
  TableName: string,
  post: Post,
): JobActivities => ({
  async publishJob({ change: { view, lines }, emails }) {
    const { kind, id, status, version, updatedAt } = view;
    const pk = jobPartition(kind, id);
    const put = async (
      item: object,
      condition: string,
      ExpressionAttributeValues: Record<string, unknown>,
    ): Promise<void> => {
      const ConditionExpression = `attribute_not_exists(pk) OR ${condition}`;
      const Item = { pk, ...item };
      try {
        await table.send(
          new PutCommand({ TableName, Item, ConditionExpression, ExpressionAttributeValues }),
        );
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    };
    await Promise.all(
      lines.map((line, index) =>
        put({ sk: timelineRow(version, index), ...line, wakeAt: updatedAt }, 'wakeAt <= :at', {
          ':at': updatedAt,
        }),
      ),
    );
    // The index by customer is one of subscriptions: what is read there is taken for one.
    const { customer: jobCustomer, ...rest } = view;
    await put(
      { sk: STATE_ROW, ...rest, jobCustomer, status: jobStatus(kind, status) },
      'version < :version OR (version = :version AND updatedAt <= :at)',
      { ':version': version, ':at': updatedAt },
    );
    const unsent = await postInTime(post, emails);
    return unsent.length > 0 ? { emails: unsent } : {};
  },
});
