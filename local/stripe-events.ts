import { randomUUID } from 'node:crypto';

import type { Subscription } from './provider/store.ts';

/** What a Stripe-shaped subscription event is made of; times in milliseconds. */
export interface SubscriptionEventOptions {
  id: string;
  status: string;
  created: number;
  customer?: string;
  email?: string;
  trialStart?: number;
  trialEnd?: number;
  periodStart?: number;
  periodEnd?: number;
  cancelAtPeriodEnd?: boolean;
  cancelAt?: number;
  endedAt?: number;
  price?: string;
  amount?: number;
  currency?: string;
  interval?: 'day' | 'week' | 'month' | 'year';
  paymentMethod?: string | null;
  livemode?: boolean;
  eventId?: string;
}

const MONTH_MS = 30 * 86_400_000;
const unix = (ms: number): number => Math.floor(ms / 1000);

/** An event of the shape that API version 2025-03-31.basil and later send. */
export function stripeEvent(type: string, created: number, object: object, eventId?: string) {
  return {
    id: eventId ?? `evt_${randomUUID().replaceAll('-', '')}`,
    object: 'event',
    api_version: '2026-09-30.endive',
    created: unix(created),
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
    data: { object },
  };
}

export const subscriptionEvent = (
  type: `customer.subscription.${string}`,
  options: SubscriptionEventOptions,
) => stripeEvent(type, options.created, stripeSubscription(options), options.eventId);

/** A subscription object with one item. */
export function stripeSubscription(options: SubscriptionEventOptions): Subscription {
  const { id, status, created, trialStart, trialEnd, email, endedAt } = options;
  const start = options.periodStart ?? trialStart ?? created;
  const end = options.periodEnd ?? trialEnd ?? start + MONTH_MS;
  return {
    id,
    object: 'subscription',
    customer: options.customer ?? `cus_${id}`,
    status,
    livemode: options.livemode ?? false,
    created: unix(created),
    billing_cycle_anchor: unix(trialEnd ?? start),
    trial_start: trialStart ? unix(trialStart) : null,
    trial_end: trialEnd ? unix(trialEnd) : null,
    cancel_at: options.cancelAt ? unix(options.cancelAt) : null,
    cancel_at_period_end: options.cancelAtPeriodEnd ?? false,
    canceled_at: null,
    cancellation_details: null,
    ended_at: endedAt ? unix(endedAt) : null,
    default_payment_method:
      options.paymentMethod === undefined ? 'pm_card_visa' : options.paymentMethod,
    metadata: email ? { email } : {},
    items: {
      data: [
        {
          id: `si_${id}`,
          quantity: 1,
          current_period_start: unix(start),
          current_period_end: unix(end),
          price: {
            id: options.price ?? 'price_pro',
            currency: options.currency ?? 'usd',
            unit_amount: options.amount ?? 1900,
            recurring: { interval: options.interval ?? 'month', interval_count: 1 },
          },
        },
      ],
    },
  };
}

/** What an invoice event is made of. */
export interface InvoiceOptions {
  id: string;
  subscription: string;
  customer?: string;
  amount: number;
  currency?: string;
  isPaid: boolean;
  attempt?: number;
  /** When it will be tried again, null when it will not; nothing is said of it unless given. */
  nextAttempt?: number | null;
  /** Where the customer can see it and pay. */
  url?: string;
}

/** An invoice object of a subscription's renewal. */
export const stripeInvoice = (options: InvoiceOptions) => ({
  id: options.id,
  object: 'invoice',
  customer: options.customer ?? `cus_${options.subscription}`,
  currency: options.currency ?? 'usd',
  status: options.isPaid ? 'paid' : 'open',
  billing_reason: 'subscription_cycle',
  amount_due: options.amount,
  amount_paid: options.isPaid ? options.amount : 0,
  attempt_count: options.attempt ?? 1,
  ...(options.isPaid && { next_payment_attempt: null }),
  ...(options.nextAttempt !== undefined && {
    next_payment_attempt: options.nextAttempt === null ? null : unix(options.nextAttempt),
  }),
  hosted_invoice_url: options.url ?? `https://invoice.stripe.example/i/${options.id}`,
  parent: {
    type: 'subscription_details',
    subscription_details: { subscription: options.subscription },
  },
});

/** A card that a customer has saved; it is good until the end of the month `expires`, `2027-08`. */
export function stripeCard(options: { id: string; customer: string; expires: string }) {
  const [year, month] = options.expires.split('-').map(Number);
  return {
    id: options.id,
    object: 'payment_method',
    type: 'card',
    customer: options.customer,
    card: { brand: 'visa', last4: '4242', exp_month: month, exp_year: year },
  };
}

/** A payment of ours, made for a charge. */
export const stripePayment = (options: {
  id: string;
  subscription: string;
  key: string;
  amount: number;
  currency?: string;
  isPaid: boolean;
}) => ({
  id: options.id,
  object: 'payment_intent',
  customer: `cus_${options.subscription}`,
  amount: options.amount,
  amount_received: options.isPaid ? options.amount : 0,
  currency: options.currency ?? 'usd',
  status: options.isPaid ? 'succeeded' : 'canceled',
  metadata: { subscription: options.subscription, key: options.key },
});
