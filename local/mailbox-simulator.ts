import type { SNSEvent } from 'aws-lambda';

import type { ReceivedEmail } from './inbox.ts';

/** The addresses of Amazon SES's mailbox simulator that answer, with the notice that each leads to. */
const NOTICES: Record<string, (to: string, feedbackId: string) => object> = {
  'bounce@simulator.amazonses.com': (emailAddress, feedbackId) => ({
    eventType: 'Bounce',
    bounce: {
      bounceType: 'Permanent',
      bounceSubType: 'General',
      bouncedRecipients: [{ emailAddress, action: 'failed', status: '5.1.1' }],
      timestamp: new Date().toISOString(),
      feedbackId,
    },
  }),
  'complaint@simulator.amazonses.com': (emailAddress, feedbackId) => ({
    eventType: 'Complaint',
    complaint: {
      complainedRecipients: [{ emailAddress }],
      timestamp: new Date().toISOString(),
      complaintFeedbackType: 'abuse',
      feedbackId,
    },
  }),
};

/** What SES would tell by way of SNS of a message that has reached the simulator; undefined when it goes to somebody real. */
export function noticeOf({ to, key, type, subscription }: ReceivedEmail): SNSEvent | undefined {
  const address = to.toLowerCase().replace(/\+[^@]*@/, '@');
  const notice = NOTICES[address]?.(to, `local-${key}`);
  if (notice === undefined) return undefined;
  const mail = {
    timestamp: new Date().toISOString(),
    messageId: `local-${key}`,
    destination: [to],
    tags: {
      'perennial-subscription': [Buffer.from(subscription).toString('base64url')],
      'perennial-type': [type],
    },
  };
  const Sns = { Message: JSON.stringify({ ...notice, mail }), MessageId: `local-${key}` };
  return { Records: [{ EventSource: 'aws:sns', EventVersion: '1.0', Sns }] } as unknown as SNSEvent;
}
