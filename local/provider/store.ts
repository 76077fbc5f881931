import { declineError } from './answers.ts';
import { decline, expiryOf, isTestCard } from './cards.ts';
import { Prices } from './prices.ts';

type Maybe<T> = T | null | undefined;

/** A subscription object of Stripe's, with the fields that the simulation reads and changes. Times are Unix seconds. */
export interface Subscription {
  id: string;
  object: 'subscription';
  customer: string;
  status: string;
  livemode: boolean;
  billing_cycle_anchor?: Maybe<number>;
  trial_start?: Maybe<number>;
  trial_end?: Maybe<number>;
  cancel_at?: Maybe<number>;
  cancel_at_period_end?: boolean;
  canceled_at?: Maybe<number>;
  cancellation_details?: Maybe<{ reason: string | null; comment?: string | null }>;
  ended_at?: Maybe<number>;
  default_payment_method?: Maybe<string>;
  current_period_start?: Maybe<number>;
  current_period_end?: Maybe<number>;
  items: { data: Item[] };
  [field: string]: unknown;
}

export interface Item {
  id?: string;
  quantity?: Maybe<number>;
  current_period_start?: Maybe<number>;
  current_period_end?: Maybe<number>;
  price: {
    id: string;
    currency: string;
    unit_amount?: Maybe<number>;
    recurring?: Maybe<{ interval: 'day' | 'week' | 'month' | 'year'; interval_count?: number }>;
  };
  [field: string]: unknown;
}

export interface Customer {
  id: string;
  object: 'customer';
  email: string | null;
  name: string | null;
  preferred_locales: string[];
  invoice_settings: { default_payment_method: string | null };
  livemode: boolean;
  /** What they owe, in minor units; negative for what they are owed. */
  balance: number;
}

/** One try to take money, whoever asked for it. */
export interface Charge {
  id: string;
  customer: string;
  subscription: string | null;
  amount: number;
  currency: string;
  paymentMethod: string;
  declineCode: string | null;
}

/** A payment intent, its charge in full. */
export interface Payment {
  id: string;
  object: 'payment_intent';
  created: number;
  amount: number;
  amount_received: number;
  currency: string;
  customer: string;
  payment_method: string;
  status: 'succeeded' | 'processing' | 'requires_payment_method' | 'canceled';
  metadata: Record<string, string>;
  last_payment_error: { code: string; decline_code?: string; message: string } | null;
  latest_charge: { id: string } | null;
  /** The subscription whose open invoice it pays, in provider mode. */
  invoiceOf?: string;
}

/** Money that went back. */
export interface Refund {
  id: string;
  object: 'refund';
  payment_intent: string;
  amount: number;
  currency: string;
  metadata: Record<string, string>;
  status: 'succeeded';
}

/** What the provider itself knows of a subscription: the object, what it has said about it, and what it has yet to collect. */
export interface Account {
  subscription: Subscription;
  /** `created` of the newest event that the object comes from. */
  created: number;
  /** Where its test clock stands, in Unix seconds. */
  clock?: number;
  /** What the next invoice has beside the price, in minor units: charges and credits for parts of a period. */
  pending?: number;
  announcedTrialEnd?: boolean;
  invoice?: OpenInvoice;
  /** The last one that was paid. */
  latestInvoice?: object;
  invoices: number;
  /** What has been said about it: type and Unix seconds. */
  said: Said[];
  /** Lets webhooks get lost, to stage an outage. */
  isSilent?: boolean;
}

/** An event that was sent (or got lost on the way). */
export interface Said {
  type: string;
  created: number;
}

export interface OpenInvoice {
  id: string;
  reason: 'subscription_cycle' | 'subscription_create' | 'subscription_update';
  /** Minor units. */
  amount: number;
  /** When it is charged next. */
  due: number;
  attempts: number;
}

/** Everything that the simulated provider knows; gone when its process ends. */
export class Store {
  readonly accounts = new Map<string, Account>();
  readonly customers = new Map<string, Customer>();
  /** Payment intents by id, oldest first. */
  readonly payments = new Map<string, Payment>();
  readonly charges: Charge[] = [];
  readonly refunds: Refund[] = [];
  readonly prices = new Prices();
  /** So many requests, after some that are spared, are answered that there are too many of them. */
  limit = { spared: 0, times: 0, retryAfterSeconds: 1 };

  /** An unknown customer exists all the same, with an address made of its id. */
  customer(id: string): Customer {
    const known = this.customers.get(id);
    if (known) return known;
    return {
      id,
      object: 'customer',
      email: `${id}@example.com`,
      name: null,
      livemode: false,
      preferred_locales: ['en'],
      invoice_settings: { default_payment_method: null },
      balance: 0,
    };
  }

  /** Sets an invoice off against what the customer is owed; what is left of it is to be paid now. */
  setOff(id: string, total: number): number {
    const customer = this.customer(id);
    const left = total + customer.balance;
    this.customers.set(id, { ...customer, balance: Math.min(0, left) });
    return Math.max(0, left);
  }

  /** What the customer would have to pay of an invoice. */
  dueOf(id: string, total: number): number {
    return Math.max(0, total + this.customer(id).balance);
  }

  /** What belongs to a customer and has not ended. */
  accountsOf(customer: string): Account[] {
    return [...this.accounts.values()].filter(
      ({ subscription }) => subscription.customer === customer && !isOver(subscription),
    );
  }

  /** Charges a card and remembers it; `declineCode` is null when the money was taken. */
  charge(wanted: Omit<Charge, 'id' | 'declineCode'>): Charge {
    const tries = this.charges.filter(({ customer }) => customer === wanted.customer).length;
    const declineCode = decline(wanted.paymentMethod, tries) ?? null;
    const charge = { ...wanted, id: `ch_sim_${this.charges.length + 1}`, declineCode };
    this.charges.push(charge);
    return charge;
  }

  /** Remembers what came of a charge as the payment that it belongs to. */
  keep(charge: Charge, metadata: Record<string, string>): Payment {
    const { id, amount, currency, customer, paymentMethod, declineCode } = charge;
    const payment: Payment = {
      id: `pi_${id}`,
      object: 'payment_intent',
      created: Math.floor(Date.now() / 1000),
      amount,
      currency,
      customer,
      metadata,
      payment_method: paymentMethod,
      status: declineCode === null ? 'succeeded' : 'requires_payment_method',
      amount_received: declineCode === null ? amount : 0,
      last_payment_error: declineCode === null ? null : declineError(declineCode),
      latest_charge: this.chargeObject(charge),
    };
    this.payments.set(payment.id, payment);
    return payment;
  }

  /** Begins the debit of a bank account: whether there is money in it turns out later. */
  begin(
    of: Pick<Payment, 'amount' | 'currency' | 'customer' | 'payment_method' | 'metadata'>,
  ): Payment {
    const payment: Payment = {
      ...of,
      id: `pi_sim_bank_${this.payments.size + 1}`,
      object: 'payment_intent',
      created: Math.floor(Date.now() / 1000),
      status: 'processing',
      amount_received: 0,
      last_payment_error: null,
      latest_charge: null,
    };
    this.payments.set(payment.id, payment);
    return payment;
  }

  /** Takes the money of a payment whose holder has confirmed it. */
  settle({ customer, amount, currency, metadata, payment_method: paymentMethod }: Payment): Charge {
    const id = `ch_sim_${this.charges.length + 1}`;
    const subscription = metadata['subscription'] ?? null;
    const of = { customer, subscription, amount, currency, paymentMethod };
    const charge = { ...of, id, declineCode: null };
    this.charges.push(charge);
    return charge;
  }

  chargeObject({ id, amount, currency, paymentMethod, declineCode }: Charge) {
    return {
      id,
      object: 'charge',
      amount,
      currency,
      paid: declineCode === null,
      payment_method: paymentMethod,
      payment_method_details: { type: 'card', card: expiryOf(paymentMethod) },
    };
  }

  /** The last charge of an open invoice becomes a payment that its customer can confirm. */
  await({ subscription }: Account): void {
    const charge = this.charges.findLast(({ subscription: of }) => of === subscription.id);
    if (charge) this.keep(charge, {}).invoiceOf = subscription.id;
  }

  knowsPaymentMethod = isTestCard;

  /** Resolves when answers to charges may go out; set to hold them back. */
  gate: Promise<unknown> = Promise.resolve();

  /** Takes over what an event says, unless something newer is known or the subscription has ended. */
  observe(subscription: Subscription, created: number): void {
    const known = this.accounts.get(subscription.id);
    const ended = known && isOver(known.subscription);
    if (known && (ended || created < known.created)) return;
    const data = subscription.items.data.map((item, index) => {
      this.prices.put(item.price);
      return { ...item, id: item.id ?? `si_${subscription.id}_${index}` };
    });
    // What was said of it before stays, as metadata does at Stripe.
    const metadata = {
      ...(known?.subscription.metadata as object | undefined),
      ...(subscription.metadata as object | undefined),
    };
    this.accounts.set(subscription.id, {
      invoices: 0,
      said: [],
      ...known,
      subscription: { ...subscription, metadata, items: { ...subscription.items, data } },
      created,
    });
  }
}

export const isOver = ({ status }: Subscription): boolean =>
  status === 'canceled' || status === 'incomplete_expired';
