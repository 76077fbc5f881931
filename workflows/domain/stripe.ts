import { INTERVALS, type Period } from './calendar.ts';
import type { Authenticated } from './commands.ts';
import type { Invoice, ProviderSubscription } from './provider.ts';
import { STATUSES, type Customer, type Plan, type Status } from './state.ts';
import { fromUnix, toMs, type Instant } from './time.ts';

type Maybe<T> = T | null | undefined;

/**
 * What is read of Stripe's subscription object, in every version's shape: since 2025-03-31.basil the period is on the
 * items, before that on the subscription itself. Times are Unix seconds.
 */
export interface StripeSubscription {
  id: string;
  customer: string | { id: string };
  status: string;
  items: { data: StripeItem[] };
  current_period_start?: Maybe<number>;
  current_period_end?: Maybe<number>;
  trial_start?: Maybe<number>;
  trial_end?: Maybe<number>;
  cancel_at?: Maybe<number>;
  cancel_at_period_end?: Maybe<boolean>;
  cancellation_details?: Maybe<{ reason?: Maybe<string>; comment?: Maybe<string> }>;
  ended_at?: Maybe<number>;
  billing_cycle_anchor?: Maybe<number>;
  created: number;
  livemode: boolean;
  metadata?: Maybe<Record<string, string>>;
  default_payment_method?: Maybe<string | { id: string }>;
  /** Its id, unless the whole was asked for. */
  latest_invoice?: Maybe<string | LatestInvoice>;
}

interface LatestInvoice {
  id?: string;
  status?: Maybe<string>;
  amount_paid: number;
  currency: string;
}

interface StripeItem {
  price: {
    id: string;
    currency: string;
    unit_amount?: Maybe<number>;
    recurring?: Maybe<{ interval: string; interval_count?: number }>;
  };
  quantity?: Maybe<number>;
  current_period_start?: Maybe<number>;
  current_period_end?: Maybe<number>;
}

/** What is read of an invoice; the subscription moved under `parent` in 2025-03-31.basil. */
export interface StripeInvoice {
  id: string;
  currency: string;
  amount_paid: number;
  amount_due: number;
  attempt_count?: Maybe<number>;
  subscription?: Maybe<string | { id: string }>;
  parent?: Maybe<{
    subscription_details?: Maybe<{ subscription?: Maybe<string | { id: string }> }>;
  }>;
  /** Null when there will be no further attempt. */
  next_payment_attempt?: Maybe<number>;
  hosted_invoice_url?: Maybe<string>;
  /** Before 2025-03-31.basil; an object only where somebody has expanded it. */
  payment_intent?: Maybe<string | StripeFailedPayment>;
  payments?: Maybe<{
    data: { payment?: Maybe<{ payment_intent?: Maybe<string | StripeFailedPayment> }> }[];
  }>;
}

interface StripeFailedPayment {
  last_payment_error?: Maybe<{ code?: Maybe<string>; decline_code?: Maybe<string> }>;
}

/** What is read of a payment of our own, whose metadata say what it is for. */
export interface StripePayment {
  id: string;
  amount: number;
  currency: string;
  metadata: { subscription: string; key: string };
}

export interface StripeCustomer {
  id: string;
  email?: Maybe<string>;
  name?: Maybe<string>;
  preferred_locales?: Maybe<string[]>;
}

/**
 * Translates a subscription of any payload version; undefined when it has no item and so nothing to bill. Throws a
 * RangeError when Stripe has a status that is not known here.
 */
export function fromStripe(seen: StripeSubscription): ProviderSubscription | undefined {
  const item = seen.items.data[0];
  if (item === undefined) return undefined;
  const period = periodOf(seen, item);
  const { metadata, cancellation_details: details } = seen;
  const scheduled = seen.cancel_at ?? (seen.cancel_at_period_end ? periodEnd(seen, item) : null);
  return {
    id: seen.id,
    status: statusOf(seen),
    livemode: seen.livemode,
    period,
    customer: { id: idOf(seen.customer), ...contactIn(metadata) },
    ...billedFor(seen.items.data, item),
    createdAt: fromUnix(seen.created),
    anchor: fromUnix(seen.billing_cycle_anchor ?? seen.created),
    ...(seen.trial_start &&
      seen.trial_end && {
        trial: { start: fromUnix(seen.trial_start), end: fromUnix(seen.trial_end) },
      }),
    ...(scheduled && { cancelAt: fromUnix(scheduled) }),
    ...(details?.reason && { cancelReason: details.reason }),
    ...(details?.comment && { cancelComment: details.comment }),
    ...(seen.ended_at && { endedAt: fromUnix(seen.ended_at) }),
    ...(seen.default_payment_method && { paymentMethod: idOf(seen.default_payment_method) }),
    ...paidIn(seen.latest_invoice),
  };
}

function paidIn(latest: StripeSubscription['latest_invoice']): { paid?: Invoice } {
  if (typeof latest !== 'object' || latest === null || latest.status !== 'paid') return {};
  const { id, amount_paid: amount, currency } = latest;
  return id === undefined ? {} : { paid: { id, amount: { amount, currency } } };
}

function statusOf({ id, status }: StripeSubscription): Status {
  const known = STATUSES.find((each) => each === status);
  if (known === undefined)
    throw new RangeError(`Stripe calls ${id} "${status}", which is not known here`);
  return known;
}

function periodOf(seen: StripeSubscription, item: StripeItem): Period {
  const start = item.current_period_start ?? seen.current_period_start ?? seen.created;
  return { start: fromUnix(start), end: fromUnix(periodEnd(seen, item)) };
}

const periodEnd = (seen: StripeSubscription, item: StripeItem): number =>
  item.current_period_end ?? seen.current_period_end ?? seen.created;

/** One item is a plan and how many of it; of several, the first names the plan, and all of them make its price. */
function billedFor(items: StripeItem[], first: StripeItem): { plan: Plan; quantity: number } {
  const plan = planOf(first);
  if (items.length === 1) return { plan, quantity: first.quantity ?? 1 };
  const amount = items.reduce(
    (sum, { price, quantity }) => sum + (price.unit_amount ?? 0) * (quantity ?? 1),
    0,
  );
  return { plan: { ...plan, price: { ...plan.price, amount } }, quantity: 1 };
}

function planOf({ price }: StripeItem): Plan {
  const count = price.recurring?.interval_count ?? 1;
  return {
    id: price.id,
    price: { amount: price.unit_amount ?? 0, currency: price.currency },
    interval: intervalOf(price.recurring?.interval ?? 'month'),
    ...(count !== 1 && { intervalCount: count }),
  };
}

function intervalOf(interval: string): Plan['interval'] {
  const known = INTERVALS.find((each) => each === interval);
  if (known === undefined)
    throw new RangeError(`a price renews every "${interval}", which is not known here`);
  return known;
}

/** A Stripe subscription carries no address of its own; ours is in its metadata when the merchant put it there. */
/** One address; what else somebody wrote there is no address. */
const ADDRESS = /^[^\s@,;:<>"()]+@[^\s@,;:<>"()]+\.[^\s@,;:<>"()]+$/;

function contactIn(metadata: Maybe<Record<string, string>>): Partial<Customer> {
  const { email, name, locale } = metadata ?? {};
  return {
    ...(email && ADDRESS.test(email) && { email }),
    ...(name && { name }),
    ...(locale && { locale }),
  };
}

/** The subscription that an invoice belongs to; undefined for an invoice of something else. */
export function subscriptionOf(
  invoice: Pick<StripeInvoice, 'parent' | 'subscription'>,
): string | undefined {
  const owner = invoice.parent?.subscription_details?.subscription ?? invoice.subscription;
  return owner ? idOf(owner) : undefined;
}

export const paidInvoice = ({ id, amount_paid: amount, currency }: StripeInvoice): Invoice => ({
  id,
  amount: { amount, currency },
});

export const unpaidInvoice = ({ id, amount_due: amount, currency }: StripeInvoice): Invoice => ({
  id,
  amount: { amount, currency },
});

/** Why the invoice was not paid, where the payload says so, which is rare. */
export function declineCodeOf({
  payment_intent: own,
  payments,
}: StripeInvoice): string | undefined {
  const intents = [own, ...(payments?.data ?? []).map(({ payment }) => payment?.payment_intent)];
  for (const intent of intents) {
    const error = typeof intent === 'object' ? intent?.last_payment_error : undefined;
    const code = error?.decline_code ?? error?.code;
    if (code) return code;
  }
  return undefined;
}

/** The month after which a card is of no use, `2027-08`. */
export const expiryOf = (card: { exp_month: number; exp_year: number }): string =>
  `${card.exp_year}-${String(card.exp_month).padStart(2, '0')}`;

/**
 * What a payment of ours settles, from the key of its charge, `<subscription>:<invoice>:<attempt>`; undefined when it is
 * somebody else's. Both outer parts are known by their ends, as the one in the middle has colons of its own.
 */
export function settledBy(payment: StripePayment, isPaid: boolean): Authenticated | undefined {
  const { id, amount, currency, metadata } = payment;
  const { subscription, key } = metadata;
  const [, invoice] = /^(.+):\d+$/.exec(withoutPrefix(key, `${subscription}:`) ?? '') ?? [];
  if (invoice === undefined) return undefined;
  return { id, key, invoice: { id: invoice, amount: { amount, currency } }, isPaid };
}

const withoutPrefix = (text: string, prefix: string): string | undefined =>
  text.startsWith(prefix) ? text.slice(prefix.length) : undefined;

/** An instant in Stripe's unit, whole Unix seconds. */
export const toUnix = (instant: Instant): number => Math.floor(toMs(instant) / 1000);

export function customerFromStripe(seen: StripeCustomer): Customer {
  const { id, email, name, preferred_locales: locales } = seen;
  const locale = locales?.[0];
  return { id, ...(email && { email }), ...(name && { name }), ...(locale && { locale }) };
}

const idOf = (reference: string | { id: string }): string =>
  typeof reference === 'string' ? reference : reference.id;
