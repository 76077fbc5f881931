import * as z from 'zod';

import { parseDuration } from '../../workflows/domain/time.ts';
import { customer } from './cloud-events.ts';
import { SUBSCRIPTION_ID } from './envelope.ts';
import { amount, currency, duration, emailAddress, locale, zone } from './fields.ts';

const MONTH_MS = 31 * 86_400_000;
const LONGEST_MS = 366 * 86_400_000;

/** Ids are shown and kept for ever, so they are nobody's address. */
const person = z
  .string()
  .regex(SUBSCRIPTION_ID, 'is the id of a person: letters, digits, _ . : and - only, no address');

/** Time to do something in. */
const stretch = duration.refine((text) => {
  try {
    const { months, ms } = parseDuration(text);
    const whole = months * MONTH_MS + ms;
    return whole > 0 && whole <= LONGEST_MS;
  } catch {
    // The check before this one says what is wrong.
    return true;
  }
}, 'is nothing, or longer than a year');

const approver = z.object({
  id: person.describe('As your own systems know the person; decisions are recorded under it.'),
  email: emailAddress.describe('Where the link to decide goes.'),
  name: z.string().max(200).exactOptional(),
  locale: locale.exactOptional(),
  timezone: zone.exactOptional(),
});

/** The data of `approval.requested`. */
export const approvalRequest = z
  .object({
    summary: z.string().trim().min(1).max(500).describe('What has to be decided, in a few words.'),
    approver,
    approvers: z
      .array(person)
      .min(1)
      .max(50)
      .exactOptional()
      .describe(
        'Ids of others who may decide by the API or an event; everybody may unless it is given.',
      ),
    limit: stretch
      .exactOptional()
      .describe('How long there is to decide, e.g. `PT72H`; 48 hours unless given.'),
    reminder: stretch
      .exactOptional()
      .describe(
        'How long before the limit the approver is reminded; a day unless given, or half of a time of less than two days.',
      ),
    escalateTo: approver.exactOptional().describe('Who is asked once the limit has passed.'),
    escalationLimit: stretch
      .exactOptional()
      .describe('How long they have; as long as the first unless given.'),
    requester: customer.exactOptional().describe('Who is told what was decided.'),
    action: z
      .object({
        type: z.enum(['refund', 'credit']),
        subscription: z.string().regex(SUBSCRIPTION_ID),
        amount: z.object({ amount: amount.min(1), currency }),
      })
      .exactOptional()
      .describe('What follows from an approval.'),
  })
  .refine(({ approver: first, escalateTo }) => first.id !== escalateTo?.id, {
    path: ['escalateTo', 'id'],
    message: 'is the approver, who has been asked by then',
  })
  .describe('Somebody has to decide.');

const by = person.describe('Who decides.');
const reason = z.string().trim().min(1).max(500);

/** What the API takes to approve. */
export const approval = z.strictObject({ by, reason: reason.exactOptional() });

/** What the API takes to reject: whoever asked is to know why. */
export const rejection = z.strictObject({ by, reason });

/** The data of `approval.decided`. */
export const decision = z
  .object({
    decision: z.enum(['approved', 'rejected']),
    by,
    reason: reason.exactOptional().describe('Why; has to be there for `rejected`.'),
  })
  .refine((said) => said.decision === 'approved' || said.reason !== undefined, {
    path: ['reason'],
    message: 'has to say why it is rejected',
  })
  .describe('Somebody has decided.');
