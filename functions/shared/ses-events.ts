import * as z from 'zod';

import type { Feedback } from '../../workflows/domain/commands.ts';
import { EMAIL_TYPES, type EmailType } from '../../workflows/domain/email-types.ts';
import type { Instant } from '../../workflows/domain/time.ts';
import { SUBSCRIPTION_ID } from './envelope.ts';
import { explain } from './explain.ts';
import { instant } from './fields.ts';

/** What came of an e-mail that had gone out. */
export interface EmailFeedback {
  /** The same whenever the notice is sent again. */
  id: string;
  at: Instant;
  feedback: Feedback;
  addresses: string[];
  /** The subscription that the e-mail was about, if the notice says so. */
  subscription?: string;
}

/** What a notice turned out to be. */
export type Notice =
  | { received: EmailFeedback }
  /** In order, and nothing that has to be acted on. */
  | { ignored: string }
  /** Nobody will ever be able to read it. */
  | { unreadable: string };

const recipient = z.object({ emailAddress: z.string().min(3) });
const recipients = z.array(recipient).min(1);

/** Where an e-mail says whose it is. A notice without it is as good: what it says of the address holds all the same. */
const mail = z
  .object({
    tags: z.record(z.string(), z.array(z.string())).nullish().catch(undefined),
    headers: z
      .array(z.object({ name: z.string(), value: z.string() }))
      .nullish()
      .catch(undefined),
  })
  .nullish()
  .catch(undefined);

const bounce = z.object({
  mail,
  bounce: z.object({
    bounceType: z.string(),
    bouncedRecipients: recipients,
    timestamp: instant,
    feedbackId: z.string().min(1),
  }),
});

const complaint = z.object({
  mail,
  complaint: z.object({
    complainedRecipients: recipients,
    complaintFeedbackType: z.string().nullish(),
    timestamp: instant,
    feedbackId: z.string().min(1),
  }),
});

/** Reads an event of SES's, as a configuration set publishes it, or an identity in the older shape (`notificationType`). */
export function readNotice(event: unknown): Notice {
  const { eventType, notificationType } = Object(event) as Record<string, unknown>;
  const type = eventType ?? notificationType;
  if (typeof type !== 'string') return { unreadable: 'it has no eventType' };
  try {
    if (type === 'Bounce') return { received: bounced(bounce.parse(event)) };
    if (type !== 'Complaint') return { ignored: type };
    const read = complaint.parse(event);
    // The recipient took a message out of the spam folder.
    const isPraise = read.complaint.complaintFeedbackType === 'not-spam';
    return isPraise ? { ignored: 'Complaint not-spam' } : { received: complained(read) };
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return { unreadable: `${type}: ${explain(error)}` };
  }
}

function bounced({ mail: about, bounce: it }: z.output<typeof bounce>): EmailFeedback {
  const { subscription, emailType } = ownerOf(about);
  const isPermanent = it.bounceType === 'Permanent';
  return {
    id: it.feedbackId,
    at: it.timestamp,
    feedback: { kind: 'bounce', isPermanent, ...(emailType && { emailType }) },
    addresses: it.bouncedRecipients.map(addressOf),
    ...(subscription && { subscription }),
  };
}

function complained({ mail: about, complaint: it }: z.output<typeof complaint>): EmailFeedback {
  const { subscription, emailType } = ownerOf(about);
  return {
    id: it.feedbackId,
    at: it.timestamp,
    feedback: { kind: 'complaint', isPermanent: true, ...(emailType && { emailType }) },
    addresses: it.complainedRecipients.map(addressOf),
    ...(subscription && { subscription }),
  };
}

/** Without a name before it. */
const addressOf = ({ emailAddress }: z.output<typeof recipient>): string =>
  /<([^<>]+)>\s*$/.exec(emailAddress)?.[1] ?? emailAddress;

interface Owner {
  subscription?: string | undefined;
  emailType?: EmailType | undefined;
}

/** By the tags, which come with every event of a configuration set, or by the headers, which need not. */
function ownerOf(about: z.output<typeof mail>): Owner {
  const tag = (name: string): string | undefined => about?.tags?.[`perennial-${name}`]?.[0];
  const header = (name: string): string | undefined =>
    about?.headers?.find((one) => one.name.toLowerCase() === `x-perennial-${name}`)?.value;
  const tagged = tag('subscription');
  const subscription =
    tagged === undefined
      ? header('subscription')
      : Buffer.from(tagged, 'base64url').toString('utf8');
  const type = tag('type') ?? header('type');
  return {
    subscription: subscription && SUBSCRIPTION_ID.test(subscription) ? subscription : undefined,
    emailType: EMAIL_TYPES.find((known) => known === type),
  };
}
