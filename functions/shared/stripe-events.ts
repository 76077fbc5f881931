import * as z from 'zod';

import type { StripeEvent } from '../../workflows/domain/inbound.ts';
import { STATUSES } from '../../workflows/domain/state.ts';
import {
  customerFromStripe,
  declineCodeOf,
  expiryOf,
  fromStripe,
  paidInvoice,
  settledBy,
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

/** The payment behind an invoice, by its id; the code of its failure only where somebody has expanded it. */
const paymentIntent = z
  .union([
    z.string(),
    z.object({
      last_payment_error: z
        .object({ code: z.string().nullish(), decline_code: z.string().nullish() })
        .nullish(),
    }),
  ])
  .nullish();

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
  next_payment_attempt: seconds.nullish(),
  hosted_invoice_url: z.string().max(2000).nullish(),
  payment_intent: paymentIntent,
  payments: z
    .object({
      data: z.array(z.object({ payment: z.object({ payment_intent: paymentIntent }).nullish() })),
    })
    .nullish(),
});

/** Whose it is stands in the metadata: other payments than ours may look as they like. */
const ours = z.object({
  data: z.object({
    object: z.object({
      metadata: z.object({ subscription: subscriptionId, key: z.string().max(500) }),
    }),
  }),
});

const payment = z.object({
  id,
  amount,
  currency,
  metadata: z.object({ subscription: subscriptionId, key: z.string() }),
});

/** A card that belongs to somebody: Stripe tells of accounts and of loose cards as well. */
const ownedCard = z.object({
  data: z.object({ object: z.object({ customer: reference, card: z.object({}) }) }),
});

const paymentMethod = z.object({
  id,
  customer: reference,
  card: z.object({
    exp_month: z.int().min(1).max(12),
    exp_year: z.int().min(2000).max(2199),
  }),
});

const customer = z.object({
  id,
  email: z.string().nullish(),
  name: z.string().nullish(),
  preferred_locales: z.array(z.string()).nullish(),
});

const envelope = <Object extends z.ZodType>(object: Object) =>
  z.object({
    id,
    created: seconds,
    api_version: z.string().max(100).nullish(),
    data: z.object({ object }),
  });

/** What Stripe's event means here; undefined for an invoice, a payment or a card of something other than a subscription. */
type Reader = (event: unknown) => StripeEvent | undefined;

const readSubscription =
  (type: Extract<StripeEvent['type'], `customer.subscription.${string}`>): Reader =>
  (event) => {
    const {
      id: eventId,
      created,
      api_version: apiVersion,
      data: { object },
    } = envelope(subscription).parse(event);
    if (type === 'customer.subscription.created') checkTrial(object, created);
    const seen = fromStripe(object)!;
    return { type, id: eventId, created, ...(apiVersion && { apiVersion }), subscription: seen };
  };

const readPayment =
  (type: Extract<StripeEvent['type'], `payment_intent.${string}`>): Reader =>
  (event) => {
    if (!ours.safeParse(event).success) return undefined;
    const { id: eventId, created, data } = envelope(payment).parse(event);
    const { subscription: owner } = data.object.metadata;
    const settled = settledBy(data.object, type === 'payment_intent.succeeded');
    return settled && { type, id: eventId, created, subscription: owner, payment: settled };
  };

const readCard =
  (type: Extract<StripeEvent['type'], `payment_method.${string}`>): Reader =>
  (event) => {
    if (!ownedCard.safeParse(event).success) return undefined;
    const { id: eventId, created, data } = envelope(paymentMethod).parse(event);
    const { id: method, customer: owner, card } = data.object;
    return {
      type,
      id: eventId,
      created,
      customer: typeof owner === 'string' ? owner : owner.id,
      paymentMethod: method,
      card: { expires: expiryOf(card) },
    };
  };

/** An event about the invoice of a subscription; the others are not ours. */
const readInvoice =
  (
    mean: (
      of: { id: string; created: number; subscription: string },
      object: z.output<typeof invoice>,
    ) => StripeEvent,
  ): Reader =>
  (event) => {
    const { id: eventId, created, data } = envelope(invoice).parse(event);
    const owner = subscriptionOf(data.object);
    if (owner === undefined) return undefined;
    return mean({ id: eventId, created, subscription: subscriptionId.parse(owner) }, data.object);
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
  'invoice.paid': readInvoice((of, object) => ({
    ...of,
    type: 'invoice.paid',
    invoice: paidInvoice(object),
  })),
  'invoice.payment_failed': readInvoice((of, object) => {
    const code = declineCodeOf(object);
    return {
      ...of,
      type: 'invoice.payment_failed',
      invoice: unpaidInvoice(object),
      attempt: object.attempt_count || 1,
      ...(code && { code }),
      ...(object.next_payment_attempt === null && { isLast: true }),
    };
  }),
  'invoice.payment_action_required': readInvoice((of, object) => ({
    ...of,
    type: 'invoice.payment_action_required',
    invoice: unpaidInvoice(object),
    ...(object.hosted_invoice_url && { url: object.hosted_invoice_url }),
  })),
  'payment_intent.succeeded': readPayment('payment_intent.succeeded'),
  'payment_intent.canceled': readPayment('payment_intent.canceled'),
  'payment_method.attached': readCard('payment_method.attached'),
  'payment_method.updated': readCard('payment_method.updated'),
  'payment_method.automatically_updated': readCard('payment_method.automatically_updated'),
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
