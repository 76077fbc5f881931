import type { EventBridgeEvent, SNSEvent } from 'aws-lambda';

/** The parts of an event of SES's that tests vary; the rest is as its documentation shows it. */
interface Variation {
  feedbackId?: string;
  recipients?: string[];
  tags?: Record<string, string[]>;
  headers?: { name: string; value: string }[];
  [field: string]: unknown;
}

/** As the worker tags its messages. */
export const tagsOf = (subscription: string, type = 'receipt'): Record<string, string[]> => ({
  'perennial-subscription': [Buffer.from(subscription).toString('base64url')],
  'perennial-type': [type],
});

const mail = ({ recipients = ['ada@example.com'], tags, headers }: Variation) => ({
  timestamp: '2026-11-20T10:00:02.012Z',
  source: 'Acme <billing@acme.example>',
  sourceArn: 'arn:aws:ses:us-east-1:123456789012:identity/acme.example',
  sendingAccountId: '123456789012',
  messageId: 'EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000',
  destination: recipients,
  headersTruncated: false,
  headers: headers ?? [
    { name: 'From', value: 'Acme <billing@acme.example>' },
    { name: 'To', value: recipients.join(', ') },
    { name: 'Subject', value: 'Your receipt' },
    { name: 'MIME-Version', value: '1.0' },
  ],
  commonHeaders: { from: ['Acme <billing@acme.example>'], to: recipients, subject: 'Your receipt' },
  ...(tags && {
    tags: {
      'ses:configuration-set': ['transactional'],
      'ses:source-ip': ['192.0.2.0'],
      'ses:from-domain': ['acme.example'],
      'ses:caller-identity': ['worker'],
      ...tags,
    },
  }),
});

/** A bounce that is final unless `bounceType` says otherwise. */
export function bounceEvent(variation: Variation = {}) {
  const {
    feedbackId = '01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000000',
    recipients = ['ada@example.com'],
    tags: _tags,
    headers: _headers,
    ...more
  } = variation;
  return {
    eventType: 'Bounce',
    bounce: {
      bounceType: 'Permanent',
      bounceSubType: 'General',
      bouncedRecipients: recipients.map((emailAddress) => ({
        emailAddress,
        action: 'failed',
        status: '5.1.1',
        diagnosticCode: 'smtp; 550 5.1.1 user unknown',
      })),
      timestamp: '2026-11-20T10:41:02.669Z',
      feedbackId,
      reportingMTA: 'dsn; mta.example.com',
      ...more,
    },
    mail: mail(variation),
  };
}

export function complaintEvent(variation: Variation = {}) {
  const {
    feedbackId = '01000157c44f053b-61b59c11-9236-11e6-8f96-7be8aexample-000001',
    recipients = ['ada@example.com'],
    tags: _tags,
    headers: _headers,
    ...more
  } = variation;
  return {
    eventType: 'Complaint',
    complaint: {
      complainedRecipients: recipients.map((emailAddress) => ({ emailAddress })),
      timestamp: '2026-11-20T11:41:02.669Z',
      feedbackId,
      userAgent: 'Example Feedback Loop/2.3',
      complaintFeedbackType: 'abuse',
      arrivalDate: '2026-11-20T11:40:02.669Z',
      ...more,
    },
    mail: mail(variation),
  };
}

export const deliveryEvent = (variation: Variation = {}) => ({
  eventType: 'Delivery',
  mail: mail(variation),
  delivery: {
    timestamp: '2026-11-20T10:00:31.310Z',
    processingTimeMillis: 11_893,
    recipients: ['ada@example.com'],
    smtpResponse: '250 2.6.0 Message received',
    reportingMTA: 'mta.example.com',
  },
});

export const delayEvent = (variation: Variation = {}) => ({
  eventType: 'DeliveryDelay',
  mail: mail(variation),
  deliveryDelay: {
    timestamp: '2026-11-20T10:25:58.000Z',
    delayType: 'TransientCommunicationFailure',
    expirationTime: '2026-11-21T10:25:58.914Z',
    delayedRecipients: [
      { emailAddress: 'ada@example.com', status: '4.4.1', diagnosticCode: 'smtp; 421 4.4.1 no' },
    ],
  },
});

/** What a topic hands to a function: one record for each message. */
export const snsEvent = (...messages: (object | string)[]): SNSEvent => ({
  Records: messages.map((message, index) => ({
    EventVersion: '1.0',
    EventSubscriptionArn: 'arn:aws:sns:us-east-1:123456789012:email-feedback:1',
    EventSource: 'aws:sns',
    Sns: {
      SignatureVersion: '1',
      Timestamp: '2026-11-20T10:41:03.000Z',
      Signature: 'EXAMPLE',
      SigningCertUrl: 'EXAMPLE',
      MessageId: `95df01b4-ee98-5cb9-9903-4c221d41eb5${index}`,
      Message: typeof message === 'string' ? message : JSON.stringify(message),
      MessageAttributes: {},
      Type: 'Notification',
      UnsubscribeUrl: 'EXAMPLE',
      TopicArn: 'arn:aws:sns:us-east-1:123456789012:email-feedback',
      Subject: 'Amazon SES Email Event Notification',
    },
  })),
});

/** What a rule of EventBridge's hands to a function. */
export const eventBridgeEvent = (detail: object): EventBridgeEvent<string, unknown> => ({
  version: '0',
  id: '12a18625-3cc1-4f3b-9dd9-3f5a8c6f7a01',
  'detail-type': 'Email Bounced',
  source: 'aws.ses',
  account: '123456789012',
  time: '2026-11-20T10:41:03Z',
  region: 'us-east-1',
  resources: ['arn:aws:ses:us-east-1:123456789012:configuration-set/transactional'],
  detail,
});
