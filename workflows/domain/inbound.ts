import type { Authenticated, Command, ImportRequest, StartRequest } from './commands.ts';
import type { Invoice, ProviderSubscription } from './provider.ts';
import type { CancelRequest } from './requests.ts';
import type { Card, Customer } from './state.ts';
import type { Instant } from './time.ts';

/** A Stripe event that concerns us, whatever version its payload had; `created` in Unix seconds. */
export type StripeEvent = { id: string; created: number } & (
  | { type: SubscriptionEventType; apiVersion?: string; subscription: ProviderSubscription }
  | { type: 'invoice.paid'; subscription: string; invoice: Invoice }
  | InvoiceFailed
  | {
      type: 'invoice.payment_action_required';
      subscription: string;
      invoice: Invoice;
      /** Where the customer can confirm the payment. */
      url?: string;
    }
  /** The end of a payment of our own; all of them are told of, those that nobody waits for as well. */
  | {
      type: 'payment_intent.succeeded' | 'payment_intent.canceled';
      subscription: string;
      payment: Authenticated;
    }
  | {
      type: `payment_method.${'attached' | 'updated' | 'automatically_updated'}`;
      customer: string;
      paymentMethod: string;
      card: Card;
    }
  | { type: 'customer.updated'; customer: Customer }
);

interface InvoiceFailed {
  type: 'invoice.payment_failed';
  subscription: string;
  invoice: Invoice;
  attempt: number;
  code?: string;
  /** Stripe is not going to try again. */
  isLast?: boolean;
}

type SubscriptionEventType =
  `customer.subscription.${'created' | 'updated' | 'deleted' | 'paused' | 'resumed'}`;

/** A CloudEvents 1.0 message about one subscription, its `subject`. */
export type LifecycleCloudEvent = {
  id: string;
  source: string;
  time: Instant;
  subject: string;
} & (
  | { type: 'subscription.trial_started'; data: StartRequest }
  | { type: 'subscription.started'; data: StartRequest }
  | { type: 'subscription.imported'; data: ImportRequest }
  | { type: 'subscription.updated'; data: UpdateRequest }
  | { type: 'subscription.cancel_requested'; data: Omit<CancelRequest, 'type'> }
  | { type: 'subscription.cancelled'; data: { endedAt?: Instant; reason?: string } }
  | { type: 'payment.succeeded'; data: { invoice: Invoice } }
  | { type: 'payment.failed'; data: { invoice: Invoice; attempt: number; code?: string } }
  /** Ours: a command that found no subscription, on its way back from the dead-letter queue, or one that a function gives. */
  | { type: 'subscription.command'; data: Command }
  /** Ours: the customer wants no more promotional mail, by whichever subscription that came. */
  | { type: 'customer.unsubscribed'; data: { customer: string } }
);

/** What may change without anybody's decision. */
export interface UpdateRequest {
  customer?: Partial<Customer>;
  paymentMethod?: string;
  card?: Card;
}

/** Everything the queue may hold that concerns us. */
export type InboundEvent = StripeEvent | LifecycleCloudEvent;
