import * as z from 'zod';

import type { StripeEvent } from '../../workflows/domain/inbound.ts';
import { STATUSES } from '../../workflows/domain/state.ts';
import {
  customerFromStripe,
  fromStripe,
  paidInvoice,
  subscriptionOf,
  unpaidInvoice,
} from '../../workflows/domain/stripe.ts';
import { SUBSCRIPTION_ID } from './envelope.ts';
import { amount, currency } from './fields.ts';

const LONGEST_TRIAL_SECONDS = 2 * 366 * 86_400;

/** Until the year 2200: milliseconds by mistake are no date at all. */
const seconds = z.int().positive().max(7_258_118_400);
const id = z.string().min(1).max(100);
const reference = z.union([id, z.object({ id })]);
const subscriptionId = z.string().regex(SUBSCRIPTION_ID);

const item = z.object({
  price: z.object({
    id,
    currency,
    unit_amount: amount.nullish(),
    recurring: z
      .object({
        interval: z.enum(['day', 'week', 'month', 'year']),
        interval_count: z.int().min(1).default(1),
      })
      .nullish(),
  }),
  quantity: z.int().min(0).max(1_000_000).nullish(),
  current_period_start: seconds.nullish(),
  current_period_end: seconds.nullish(),
});

const subscription = z.object({
  id: subscriptionId,
  customer: reference,
  status: z.enum(STATUSES),
  items: z.object({ data: z.array(item).min(1) }),
  current_period_start: seconds.nullish(),
  current_period_end: seconds.nullish(),
  trial_start: seconds.nullish(),
  trial_end: seconds.nullish(),
  cancel_at: seconds.nullish(),
  cancel_at_period_end: z.boolean().nullish(),
  cancellation_details: z
    .object({ reason: z.string().nullish(), comment: z.string().nullish() })
    .nullish(),
  ended_at: seconds.nullish(),
  billing_cycle_anchor: seconds.nullish(),
  created: seconds,
  livemode: z.boolean(),
  metadata: z.record(z.string(), z.string()).nullish(),
  default_payment_method: reference.nullish(),
});

const invoice = z.object({
  id,
  currency,
  amount_paid: amount,
  amount_due: amount,
  attempt_count: z.int().min(0).nullish(),
  subscription: reference.nullish(),
  parent: z
    .object({ subscription_details: z.object({ subscription: reference.nullish() }).nullish() })
    .nullish(),
});

const customer = z.object({
  id,
  email: z.string().nullish(),
  name: z.string().nullish(),
  preferred_locales: z.array(z.string()).nullish(),
});

const envelope = <Object extends z.ZodType>(object: Object) =>
  z.object({ id, created: seconds, data: z.object({ object }) });

/** What Stripe's event means here; undefined for an invoice of something other than a subscription. */
type Reader = (event: unknown) => StripeEvent | undefined;

const readSubscription =
  (type: Extract<StripeEvent['type'], `customer.subscription.${string}`>): Reader =>
  (event) => {
    const { id: eventId, created, data } = envelope(subscription).parse(event);
    const { object } = data;
    if (type === 'customer.subscription.created') checkTrial(object, created);
    return { type, id: eventId, created, subscription: fromStripe(object)! };
  };

/** Judged against the event's own time, so that a late delivery is as good as a prompt one. */
function checkTrial({ status, trial_end: end }: z.output<typeof subscription>, at: number): void {
  if (status !== 'trialing' || end == null) return;
  const complain = (message: string): never => {
    const path = ['data', 'object', 'trial_end'];
    throw new z.ZodError([{ code: 'custom', path, message, input: end }]);
  };
  if (end < at) complain('lies before the time of the event itself');
  if (end > at + LONGEST_TRIAL_SECONDS) complain('lies more than two years after the event');
}

/** Every Stripe type that concerns us, with how it is read. */
export const STRIPE_EVENTS: { [T in StripeEvent['type']]: Reader } = {
  'customer.subscription.created': readSubscription('customer.subscription.created'),
  'customer.subscription.updated': readSubscription('customer.subscription.updated'),
  'customer.subscription.deleted': readSubscription('customer.subscription.deleted'),
  'customer.subscription.paused': readSubscription('customer.subscription.paused'),
  'customer.subscription.resumed': readSubscription('customer.subscription.resumed'),
  'invoice.paid': (event) => {
    const { id: eventId, created, data } = envelope(invoice).parse(event);
    const owner = subscriptionOf(data.object);
    return owner === undefined
      ? undefined
      : {
          type: 'invoice.paid',
          id: eventId,
          created,
          subscription: subscriptionId.parse(owner),
          invoice: paidInvoice(data.object),
        };
  },
  'invoice.payment_failed': (event) => {
    const { id: eventId, created, data } = envelope(invoice).parse(event);
    const owner = subscriptionOf(data.object);
    return owner === undefined
      ? undefined
      : {
          type: 'invoice.payment_failed',
          id: eventId,
          created,
          subscription: subscriptionId.parse(owner),
          invoice: unpaidInvoice(data.object),
          attempt: data.object.attempt_count || 1,
        };
  },
  'customer.updated': (event) => {
    const { id: eventId, created, data } = envelope(customer).parse(event);
    return {
      type: 'customer.updated',
      id: eventId,
      created,
      customer: customerFromStripe(data.object),
    };
  },
};
