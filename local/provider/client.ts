import * as z from 'zod';

import type { Confirmation, Settlement } from './payments.ts';
import type { Charge, Item, Payment, Refund, Said } from './store.ts';

const next = z.object({ next: z.string().nullable() });

/** The simulation's steering wheel, from outside its process. */
export class ProviderControl {
  readonly baseUrl: string;
  readonly #url: string;

  constructor(baseUrl: string) {
    this.baseUrl = baseUrl;
    this.#url = `${baseUrl}/control`;
  }

  async isUp(): Promise<boolean> {
    return (await fetch(new URL('/health', this.#url))).ok;
  }

  /** Lets the provider's view follow a Stripe event that came in from elsewhere. */
  async observe(event: string): Promise<void> {
    await this.#call('/observe', event);
  }

  /** When the provider next has something to say about a subscription, as an ISO instant. */
  async next(subscription: string): Promise<string | null> {
    return next.parse(await this.#call(`/subscriptions/${subscription}/next`)).next;
  }

  async advance(subscription: string, to: string): Promise<void> {
    await this.#call(`/subscriptions/${subscription}/advance`, JSON.stringify({ to }));
  }

  /** Every event that the provider itself has sent about a subscription. */
  async said(subscription: string): Promise<Said[]> {
    return (await this.#call(`/subscriptions/${subscription}/said`)) as Said[];
  }

  /** While silent, what the provider says about a subscription gets lost on the way. */
  async silence(subscription: string, isSilent: boolean): Promise<void> {
    await this.#call(`/subscriptions/${subscription}/silence`, JSON.stringify({ isSilent }));
  }

  /** While held, charges are made but not answered. */
  async hold(isHeld: boolean): Promise<void> {
    await this.#call('/hold', JSON.stringify({ isHeld }));
  }

  /** Payments of a subscription, oldest first, those that are to be confirmed among them. */
  async payments(subscription: string): Promise<Payment[]> {
    return (await this.#call(`/subscriptions/${subscription}/payments`)) as Payment[];
  }

  /** Lets the customer answer to a payment that has to be confirmed. */
  async confirm(payment: string, outcome: Confirmation): Promise<void> {
    await this.#call(`/payments/${payment}/confirm`, JSON.stringify({ outcome }));
  }

  /** Payments of an order, oldest first, those that are on their way among them. */
  async orderPayments(order: string): Promise<Payment[]> {
    return (await this.#call(`/orders/${order}/payments`)) as Payment[];
  }

  /** Lets the bank answer to the debit of an account. */
  async settle(payment: string, outcome: Settlement): Promise<void> {
    await this.#call(`/payments/${payment}/settle`, JSON.stringify({ outcome }));
  }

  /** Lets the next requests, after some that are spared, be answered that there are too many of them. */
  async limit(times: number, retryAfterSeconds: number, spared = 0): Promise<void> {
    await this.#call('/limit', JSON.stringify({ times, retryAfterSeconds, spared }));
  }

  /** Puts a price into the catalogue; of those that are not there, the id says what they cost. */
  async price(price: Item['price']): Promise<void> {
    await this.#call('/prices', JSON.stringify(price));
  }

  /** Every try to take money so far. */
  async charges(): Promise<Charge[]> {
    return (await this.#call('/charges')) as Charge[];
  }

  /** Everything that went back so far. */
  async refunds(): Promise<Refund[]> {
    return (await this.#call('/refunds')) as Refund[];
  }

  /** Every request to the API so far, as method and path. */
  async requests(): Promise<string[]> {
    return (await this.#call('/requests')) as string[];
  }

  async #call(path: string, body?: string): Promise<unknown> {
    const response = await fetch(`${this.#url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body }),
    });
    if (!response.ok) throw new Error(`provider: ${path} answered ${response.status}`);
    return response.json();
  }
}
