import * as z from 'zod';

import { INTERVALS } from '../../workflows/domain/calendar.ts';
import type { Command } from '../../workflows/domain/commands.ts';
import type { LifecycleCloudEvent } from '../../workflows/domain/inbound.ts';
import { addMonths, toMs } from '../../workflows/domain/time.ts';
import { SUBSCRIPTION_ID } from './envelope.ts';
import { amount, currency, instant, policy } from './fields.ts';

const LONGEST_TRIAL_MONTHS = 24;

const money = z.object({ amount, currency });

const customer = z.object({
  id: z.string().min(1).max(100),
  email: z.email().exactOptional(),
  name: z.string().max(200).exactOptional(),
  locale: z.string().max(35).exactOptional(),
});

const plan = z.object({
  id: z.string().min(1).max(100),
  price: money,
  interval: z.enum(INTERVALS),
  intervalCount: z.int().min(1).max(36).exactOptional(),
});

const start = z.object({
  customer,
  plan,
  quantity: z.int().min(1).default(1),
  collection: z.enum(['self', 'provider']).default('self'),
  livemode: z.boolean().default(false),
  paymentMethod: z.string().min(1).max(100).exactOptional(),
  policy: policy.exactOptional(),
});

const invoice = z.object({ id: z.string().min(1).max(100), amount: money });

const envelope = <Type extends string, Data extends z.ZodType>(type: Type, data: Data) =>
  z.object({
    specversion: z.literal('1.0'),
    id: z.string().min(1).max(200),
    source: z.string().min(1),
    type: z.literal(type),
    time: instant,
    subject: z.string().regex(SUBSCRIPTION_ID, 'has to be the id of a subscription'),
    data,
  });

const started = envelope('subscription.started', start);

const trialStarted = envelope(
  'subscription.trial_started',
  start.extend({ trialStart: instant.exactOptional(), trialEnd: instant }),
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

const updated = envelope(
  'subscription.updated',
  z
    .object({
      customer: customer.omit({ id: true }).exactOptional(),
      paymentMethod: z.string().min(1).max(100).exactOptional(),
    })
    .refine(
      (data) => data.customer !== undefined || data.paymentMethod !== undefined,
      'names nothing that is updated',
    ),
);

const reason = z.string().max(500).exactOptional();

/** Every CloudEvents type that the queue takes, with the schema of its message. */
export const CLOUD_EVENTS = {
  'subscription.trial_started': trialStarted,
  'subscription.started': started,
  'subscription.updated': updated,
  'subscription.cancel_requested': envelope(
    'subscription.cancel_requested',
    z.object({ atPeriodEnd: z.boolean().exactOptional(), reason }).prefault({}),
  ),
  'subscription.cancelled': envelope(
    'subscription.cancelled',
    z.object({ endedAt: instant.exactOptional(), reason }).prefault({}),
  ),
  'payment.succeeded': envelope('payment.succeeded', z.object({ invoice })),
  'payment.failed': envelope(
    'payment.failed',
    z.object({
      invoice,
      attempt: z.int().min(1).default(1),
      code: z.string().max(100).exactOptional(),
    }),
  ),
  'subscription.command': envelope(
    'subscription.command',
    z.looseObject({ type: z.string(), eventId: z.string() }).transform((data) => data as Command),
  ),
} satisfies { [T in LifecycleCloudEvent['type']]: z.ZodType };
