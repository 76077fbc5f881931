import type { EventBridgeEvent, SNSEvent } from 'aws-lambda';

import type { Command } from '../../workflows/domain/commands.ts';
import { ownEnvelope } from '../shared/envelope.ts';
import { count, logger } from '../shared/observability.ts';
import type { Queue } from '../shared/queue.ts';
import { readNotice, type EmailFeedback, type Notice } from '../shared/ses-events.ts';
import type { Suppressions } from '../shared/suppressions.ts';

interface Dependencies {
  suppressions: Suppressions;
  queue: Pick<Queue, 'send'>;
}

/** What Lambda is invoked with: by an SNS topic, or by a rule of EventBridge's with the event as it is. */
export type FeedbackEvent = SNSEvent | EventBridgeEvent<string, unknown>;

const SOURCE = '/perennial/email-feedback';

/**
 * Takes SES's notices of bounces and complaints: suppresses addresses that take nothing or want nothing, and tells the
 * subscription. Each step may be repeated. A failure fails the invocation, which is then tried again; what nobody can read
 * is counted and let go.
 */
export function createEmailFeedback({ suppressions, queue }: Dependencies) {
  const suppress = async ({ addresses, feedback: { kind }, at }: EmailFeedback): Promise<void> => {
    for (const address of addresses) {
      if (await suppressions.add(address, { kind, at })) count('AddressSuppressed', kind);
    }
  };
  const tell = async (subscription: string, at: string, command: Command): Promise<void> => {
    const { eventId: id } = command;
    const message = { id, source: SOURCE, time: at, subject: subscription, data: command };
    await queue.send(ownEnvelope({ ...message, type: 'subscription.command' }));
  };
  const apply = async (notice: EmailFeedback): Promise<void> => {
    const { id, at, feedback, subscription } = notice;
    const { kind, isPermanent } = feedback;
    count('EmailFeedback', isPermanent ? kind : `transient ${kind}`);
    if (isPermanent) await suppress(notice);
    if (subscription === undefined) {
      logger.info('feedback for an e-mail that names no subscription', { feedbackId: id, kind });
      return;
    }
    const eventId = `ses ${id}`;
    await tell(subscription, at, { type: 'note_feedback', eventId, feedback });
    if (kind === 'complaint') {
      await tell(subscription, at, { type: 'unsubscribe', eventId: `${eventId} unsubscribe` });
    }
  };
  const handle = async (notice: Notice): Promise<void> => {
    if ('received' in notice) return apply(notice.received);
    if ('ignored' in notice) return count('EventIgnored', `SES ${notice.ignored}`);
    logger.error('notice about an e-mail is unreadable', { reason: notice.unreadable });
    count('FeedbackUnreadable', 'SES');
  };
  return async (event: FeedbackEvent): Promise<void> => {
    const notices =
      'Records' in event
        ? event.Records.map(({ Sns }) => parse(Sns.Message))
        : [readNotice(event.detail)];
    const outcomes = await Promise.allSettled(notices.map(handle));
    const failures = outcomes.flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
    );
    if (failures.length === 0) return;
    throw new AggregateError(
      failures,
      `${failures.length} of ${notices.length} notices could not be recorded: ${String(failures[0])}`,
    );
  };
}

/** SES says in plain words to a new topic that it works. */
function parse(message: string): Notice {
  try {
    return readNotice(JSON.parse(message));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { unreadable: 'it is not JSON' };
  }
}
