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
    cancel_at: null,
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
  next_payment_attempt: null,
  parent: {
    type: 'subscription_details',
    subscription_details: { subscription: options.subscription },
  },
});
