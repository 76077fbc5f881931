import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { PutCommand, UpdateCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import type { Email } from '../../workflows/domain/emails.ts';
import { EMAIL_PREFIX, jobPartition, partition } from '../../workflows/domain/records.ts';

/** What the ledger says of an e-mail: on its way, out, would be out but for a shadow, refused for good, or never to be sent. */
export type EmailStatus = 'sending' | 'sent' | 'shadow' | 'refused' | 'skipped';

/** One row for each e-mail, for ever. `uncertain` marks one that may have gone out more than once. */
export interface Ledger {
  /** Before sending. `done` means: do not send. `uncertain`: an earlier try ended without a word. */
  open(email: Email): Promise<'new' | 'uncertain' | 'done'>;
  sent(email: Email, messageId: string): Promise<void>;
  /** It has certainly not gone out, and may be tried again. */
  notSent(email: Email): Promise<void>;
  refused(email: Email, reason: string): Promise<void>;
  /** It is not to be sent, unless it has been already. */
  skip(email: Email, reason: string): Promise<void>;
}

const keyOf = ({ subscription, kind, key }: Email) => ({
  pk: kind ? jobPartition(kind, subscription) : partition(subscription),
  sk: `${EMAIL_PREFIX}${key}`,
});

/** `sentAs` is what it says of what the transport has taken. */
export function createLedger(
  table: DynamoDBDocumentClient,
  tableName: string,
  sentAs: Extract<EmailStatus, 'sent' | 'shadow'> = 'sent',
): Ledger {
  const create = async (email: Email, status: EmailStatus, reason?: string): Promise<boolean> => {
    const { type, at, testClock, data } = email;
    try {
      await table.send(
        new PutCommand({
          TableName: tableName,
          // What the texts mention is kept, so that it can be sent again; where it went is not.
          Item: { ...keyOf(email), type, at, testClock, data, status, reason },
          ConditionExpression: 'attribute_not_exists(pk)',
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };
  const update = async (
    email: Email,
    expression: string,
    values: Record<string, unknown>,
    condition?: string,
  ): Promise<boolean> => {
    try {
      await table.send(
        new UpdateCommand({
          TableName: tableName,
          Key: keyOf(email),
          UpdateExpression: expression,
          ExpressionAttributeNames: { '#status': 'status' },
          ExpressionAttributeValues: values,
          ...(condition !== undefined && { ConditionExpression: condition }),
        }),
      );
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  };
  return {
    async open(email) {
      if (await create(email, 'sending')) return 'new';
      const again = { ':sending': 'sending', ':true': true };
      const known = { ':sending': 'sending', ':waiting': 'waiting' };
      if (await update(email, 'SET #status = :sending', known, '#status = :waiting')) return 'new';
      const open = 'SET uncertain = :true';
      return (await update(email, open, again, '#status = :sending')) ? 'uncertain' : 'done';
    },
    async sent(email, messageId) {
      const values = { ':sent': sentAs, ':id': messageId };
      await update(email, 'SET #status = :sent, messageId = :id', values);
    },
    async notSent(email) {
      await update(email, 'SET #status = :waiting', { ':waiting': 'waiting' });
    },
    async refused(email, reason) {
      const values = { ':refused': 'refused', ':reason': reason };
      await update(email, 'SET #status = :refused, reason = :reason', values);
    },
    async skip(email, reason) {
      if (await create(email, 'skipped', reason)) return;
      const values = { ':skipped': 'skipped', ':reason': reason, ':waiting': 'waiting' };
      const expression = 'SET #status = :skipped, reason = :reason';
      await update(email, expression, values, '#status = :waiting');
    },
  };
}
