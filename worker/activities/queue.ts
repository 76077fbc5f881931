import { createHash } from 'node:crypto';

import { SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { activityInfo } from '@temporalio/activity';

import type { QueueActivities } from '../../workflows/activities.ts';

/** Hands back what no subscription can use, as a message that the consumer understands when it is redriven. */
export function createQueueActivities(sqs: SQSClient, deadLetterQueueUrl: string): QueueActivities {
  return {
    async deadLetter({ subscription, command, reason }) {
      const { eventId: id } = command;
      const message = {
        specversion: '1.0',
        id,
        source: '/perennial',
        type: 'subscription.command',
        time: new Date().toISOString(),
        subject: subscription,
        data: command,
      };
      // The same letter however often this activity is tried, and another one when it comes back from a redrive.
      const { runId } = activityInfo().workflowExecution!;
      const letter = createHash('sha256').update(`${subscription} ${id} ${runId}`).digest('hex');
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: deadLetterQueueUrl,
          MessageBody: JSON.stringify(message),
          MessageGroupId: letter,
          MessageDeduplicationId: letter,
          MessageAttributes: {
            reason: { DataType: 'String', StringValue: reason },
            group: { DataType: 'String', StringValue: subscription },
          },
        }),
      );
    },
  };
}
