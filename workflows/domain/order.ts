import type { Customer, Money } from './state.ts';
import type { Duration, Instant } from './time.ts';

/** A one-off purchase, or an add-on to a subscription. */
export interface OrderRequest {
  customer: Customer;
  lines: OrderLine[];
  /** The customer's default at the provider unless given. */
  paymentMethod?: string;
  /** The one that it is an add-on to. */
  subscription?: string;
}

export interface OrderLine {
  sku: string;
  quantity: number;
  /** Of one. */
  price: Money;
}

/** What the workflow of an order is started with. */
export interface OrderInput extends OrderRequest {
  id: string;
  placedAt: Instant;
}

/** What it is about at the moment, or how it has ended. */
export const ORDER_STATUSES = [
  'requested',
  'charging',
  'settling',
  'fulfilling',
  'compensating',
  'confirmed',
  'failed',
  'cancelled',
] as const;

export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** What is done in the world, in this order; each is undone by a compensation of its own, in the reverse order. */
export type OrderStep = 'reserve' | 'charge' | 'fulfil';

/** Why there is nothing delivered. `unavailable`: what had to answer did not, for as long as it was tried. */
export const ORDER_PROBLEMS = [
  'invalid',
  'unknown_subscription',
  'sold_out',
  'declined',
  'no_payment_method',
  'action_required',
  'not_settled',
  'undeliverable',
  'unavailable',
  'cancelled',
] as const;

export type OrderProblem = (typeof ORDER_PROBLEMS)[number];

/** How long a debit of a bank account may be on its way. */
export const SETTLEMENT_LIMIT: Duration = 'P14D';

/** The update that cancels an order which is not fulfilled yet. */
export const CANCEL_UPDATE = 'cancel';

export interface OrderCancellation {
  reason?: string;
}

/** The one charge that an order makes. */
export const orderChargeKey = (id: string): string => `order:${id}:charge`;

/** So many of one thing. */
export type OrderItem = Pick<OrderLine, 'sku' | 'quantity'>;

/** How many of each there are, whichever line they are in. */
export function itemsOf(lines: readonly OrderLine[]): OrderItem[] {
  const quantities = new Map<string, number>();
  for (const { sku, quantity } of lines) {
    quantities.set(sku, (quantities.get(sku) ?? 0) + quantity);
  }
  return [...quantities].map(([sku, quantity]) => ({ sku, quantity }));
}
