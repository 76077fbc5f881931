import type { Customer, Money } from './state.ts';

/** A one-off purchase, or an add-on to a subscription. */
export interface OrderRequest {
  customer: Customer;
  lines: OrderLine[];
  paymentMethod?: string;
  subscription?: string;
}

export interface OrderLine {
  sku: string;
  quantity: number;
  /** Of one. */
  price: Money;
}
