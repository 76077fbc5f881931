import { decline, isTestCard } from './cards.ts';

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

interface Item {
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

/** What the provider itself knows of a subscription: the object, what it has said about it, and what it has yet to collect. */
export interface Account {
  subscription: Subscription;
  /** `created` of the newest event that the object comes from. */
  created: number;
  announcedTrialEnd?: boolean;
  invoice?: OpenInvoice;
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
  reason: 'subscription_cycle' | 'subscription_create';
  /** When it is charged next. */
  due: number;
  attempts: number;
}

/** Everything that the simulated provider knows; gone when its process ends. */
export class Store {
  readonly accounts = new Map<string, Account>();
  readonly customers = new Map<string, Customer>();
  /** Payment intents that went through, by id. */
  readonly payments = new Map<string, object>();
  readonly charges: Charge[] = [];

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
    };
  }

  /** Charges a card and remembers it; `declineCode` is null when the money was taken. */
  charge(wanted: Omit<Charge, 'id' | 'declineCode'>): Charge {
    const tries = this.charges.filter(({ customer }) => customer === wanted.customer).length;
    const declineCode = decline(wanted.paymentMethod, tries) ?? null;
    const charge = { ...wanted, id: `ch_sim_${this.charges.length + 1}`, declineCode };
    this.charges.push(charge);
    return charge;
  }

  knowsPaymentMethod = isTestCard;

  /** Resolves when answers to charges may go out; set to hold them back. */
  gate: Promise<unknown> = Promise.resolve();

  /** Takes over what an event says, unless something newer is known or the subscription has ended. */
  observe(subscription: Subscription, created: number): void {
    const known = this.accounts.get(subscription.id);
    const ended = known && isOver(known.subscription);
    if (known && (ended || created < known.created)) return;
    // What was said of it before stays, as metadata does at Stripe.
    const metadata = {
      ...(known?.subscription.metadata as object | undefined),
      ...(subscription.metadata as object | undefined),
    };
    this.accounts.set(subscription.id, {
      invoices: 0,
      said: [],
      ...known,
      subscription: { ...subscription, metadata },
      created,
    });
  }
}

export const isOver = ({ status }: Subscription): boolean =>
  status === 'canceled' || status === 'incomplete_expired';
