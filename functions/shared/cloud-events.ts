import * as z from 'zod';

import type { Command } from '../../workflows/domain/commands.ts';
import type { LifecycleCloudEvent } from '../../workflows/domain/inbound.ts';
import { REQUEST_TYPES } from '../../workflows/domain/requests.ts';
import { addMonths, toMs } from '../../workflows/domain/time.ts';
import { SUBSCRIPTION_ID } from './envelope.ts';
import {
  amount,
  currency,
  emailAddress,
  futurePlan,
  instant,
  locale,
  policy,
  quantity,
  zone,
} from './fields.ts';

const LONGEST_TRIAL_MONTHS = 24;

const money = z.object({ amount, currency });

export const customer = z.object({
  id: z.string().min(1).max(100).describe('As the provider knows the customer.'),
  email: emailAddress
    .exactOptional()
    .describe(
      'Where mail goes; without one there is none, but for what Stripe collects, whose customer is asked for.',
    ),
  name: z.string().max(200).exactOptional(),
  locale: locale.exactOptional().describe('BCP 47, as `en` or `pt-BR`.'),
  timezone: zone.exactOptional().describe('IANA name; quiet hours and dates in mail go by it.'),
  marketing: z.boolean().exactOptional().describe('Consent to promotional mail.'),
});

const card = z.object({
  expires: z
    .string()
    .regex(/^20\d\d-(0[1-9]|1[0-2])$/, 'is not a month such as 2027-08')
    .describe('The last month in which the card can be charged.'),
});

const start = z.object({
  customer,
  plan: futurePlan,
  quantity: quantity.default(1),
  collection: z
    .enum(['self', 'provider'])
    .default('self')
    .describe('Who charges: Perennial, or Stripe Billing whose events it follows.'),
  livemode: z.boolean().default(false),
  paymentMethod: z
    .string()
    .min(1)
    .max(100)
    .exactOptional()
    .describe('What is charged in self mode; without one the trial ends without a charge.'),
  card: card.exactOptional(),
  zone: zone
    .exactOptional()
    .describe('IANA name of the zone whose calendar the periods follow; UTC by default.'),
  policy: policy
    .exactOptional()
    .describe('What this subscription does otherwise; [the policy](policy.md).'),
});

const invoice = z.object({ id: z.string().min(1).max(100), amount: money });

export const envelope = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  z.object({
    specversion: z.literal('1.0'),
    id: z.string().min(1).max(200),
    source: z.string().min(1).max(200),
    type: z.literal(type),
    time: instant,
    subject: z.string().regex(SUBSCRIPTION_ID, 'has to be the id of a subscription'),
    data,
  });

const started = envelope(
  'subscription.started',
  start.describe('A subscription has started without a trial.'),
);

const trialStarted = envelope(
  'subscription.trial_started',
  start
    .extend({
      trialStart: instant.exactOptional().describe('The time of the event unless given.'),
      trialEnd: instant.describe('After `trialStart`, at most two years after the event.'),
    })
    .describe('A trial has started.'),
).transform(({ time, data, ...event }, context) => {
  const { trialStart = time, trialEnd, ...rest } = data;
  const complain = (message: string): void =>
    context.addIssue({ code: 'custom', path: ['data', 'trialEnd'], message });
  if (toMs(trialEnd) < toMs(time)) complain('lies before the time of the event itself');
  if (toMs(trialEnd) <= toMs(trialStart)) complain('does not lie after trialStart');
  if (toMs(trialEnd) > toMs(addMonths(time, LONGEST_TRIAL_MONTHS))) {
    complain('lies more than two years after the time of the event');
  }
  return { ...event, time, data: { ...rest, trial: { start: trialStart, end: trialEnd } } };
});

const imported = envelope(
  'subscription.imported',
  start
    .extend({
      status: z.enum(['trialing', 'active', 'paused']),
      trialStart: instant.exactOptional(),
      trialEnd: instant.exactOptional().describe('Of a trial, running or over.'),
      anchor: instant
        .exactOptional()
        .describe('What boundaries are counted from; the start of the period unless given.'),
      periodStart: instant.exactOptional().describe('Of what has been paid for; not in a trial.'),
      periodEnd: instant.exactOptional(),
      cancelAt: instant.exactOptional(),
    })
    .describe(
      'It has been run elsewhere so far and goes on here as it stands: nobody is written to, and nothing is charged before its time.',
    ),
).transform(({ data, ...event }, context) => {
  const { trialStart, trialEnd, periodStart, periodEnd, ...rest } = data;
  const complain = (field: string, message: string): void =>
    context.addIssue({ code: 'custom', path: ['data', field], message });
  const trial = stretch(trialStart, trialEnd);
  const period = stretch(periodStart, periodEnd);
  if (trial === null) complain('trialEnd', 'a trial has a start and an end after it');
  if (period === null) complain('periodEnd', 'a period has a start and an end after it');
  if (rest.status === 'trialing' && !trial) complain('trialEnd', 'is needed for a trial');
  if (rest.status !== 'trialing' && !period) complain('periodEnd', 'is needed but for a trial');
  return { ...event, data: { ...rest, ...(trial && { trial }), ...(period && { period }) } };
});

/** Null when it is none. */
function stretch(from: string | undefined, to: string | undefined) {
  if (from === undefined && to === undefined) return undefined;
  const isWhole = from !== undefined && to !== undefined && toMs(from) < toMs(to);
  return isWhole ? { start: from, end: to } : null;
}

const updated = envelope(
  'subscription.updated',
  z
    .object({
      customer: customer.omit({ id: true }).exactOptional(),
      paymentMethod: z.string().min(1).max(100).exactOptional(),
      card: card.exactOptional(),
    })
    .refine(
      (data) => data.customer !== undefined || data.paymentMethod !== undefined,
      'names nothing that is updated',
    )
    .describe('The customer, or the payment method, has changed; at least one of them is given.'),
);

const reason = z.string().max(500).exactOptional();

/** What a dead letter of a workflow's can hold, or a function says. */
const COMMANDS = [
  'start',
  'import',
  'observe',
  'invoice_paid',
  'invoice_failed',
  'invoice_action_required',
  'authenticated',
  'update_customer',
  'update_payment_method',
  'update_card',
  'end',
  'attach_clock',
  'unsubscribe',
  'note_feedback',
  'erase',
  ...REQUEST_TYPES,
] as const satisfies Command['type'][];

/** Every CloudEvents type that the queue takes, with the schema of its message. */
export const CLOUD_EVENTS = {
  'subscription.trial_started': trialStarted,
  'subscription.started': started,
  'subscription.imported': imported,
  'subscription.updated': updated,
  'subscription.cancel_requested': envelope(
    'subscription.cancel_requested',
    z
      .object({ atPeriodEnd: z.boolean().exactOptional(), reason })
      .prefault({})
      .describe('Somebody wants it to end, now or at the end of what is paid.'),
  ),
  'subscription.cancelled': envelope(
    'subscription.cancelled',
    z
      .object({ endedAt: instant.exactOptional(), reason })
      .prefault({})
      .describe('It has ended elsewhere.'),
  ),
  'payment.succeeded': envelope(
    'payment.succeeded',
    z.object({ invoice }).describe('An invoice was paid elsewhere.'),
  ),
  'payment.failed': envelope(
    'payment.failed',
    z
      .object({
        invoice,
        attempt: z.int().min(1).default(1),
        code: z.string().max(100).exactOptional().describe("The provider's reason."),
      })
      .describe('A payment was attempted elsewhere, and declined.'),
  ),
  'subscription.command': envelope(
    'subscription.command',
    z
      .looseObject({ type: z.enum(COMMANDS), eventId: z.string() })
      .transform((data) => data as unknown as Command),
  ),
  'customer.unsubscribed': envelope(
    'customer.unsubscribed',
    z.object({ customer: z.string().min(1) }),
  ),
} satisfies { [T in LifecycleCloudEvent['type']]: z.ZodType };
