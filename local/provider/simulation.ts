import { periodAt } from '../../workflows/domain/calendar.ts';
import { fromUnix, toMs } from '../../workflows/domain/time.ts';
import { AUTHENTICATION_REQUIRED } from './cards.ts';
import { isOver, type Account, type OpenInvoice, type Store, type Subscription } from './store.ts';

const DAY = 86_400;
/** Stripe leaves a renewal's invoice a draft for about an hour before it charges it. */
const DRAFT_SECONDS = 3600;
const RETRY_AFTER_DAYS = [3, 5, 7];

/** An event that the provider has to send. */
export interface Happening {
  type: string;
  created: number;
  object: object;
}

/** When something next happens to the subscription, in Unix seconds. */
export function nextHappening({
  subscription,
  invoice,
  announcedTrialEnd,
}: Account): number | undefined {
  if (isOver(subscription)) return undefined;
  // A paused subscription has no periods and no invoices; it may still end.
  if (subscription.status === 'paused') return subscription.cancel_at ?? undefined;
  const { trial_end: trialEnd } = subscription;
  const isTrialing = subscription.status === 'trialing' && trialEnd;
  return earliest([
    isTrialing && !announcedTrialEnd ? trialEnd - 3 * DAY : undefined,
    isTrialing ? trialEnd : undefined,
    subscription.status === 'active' ? periodEnd(subscription) : undefined,
    cancelAt(subscription),
    invoice?.due,
  ]);
}

/** Lets what is due at `now` (Unix seconds) happen, and tells what the provider says about it. */
export function happen(account: Account, now: number, store: Store): Happening[] {
  const { subscription, invoice } = account;
  const { trial_end: trialEnd } = subscription;
  if (isOver(subscription)) return [];
  const isPaused = subscription.status === 'paused';
  const cancels = isPaused ? (subscription.cancel_at ?? undefined) : cancelAt(subscription);
  if (cancels !== undefined && cancels <= now)
    return [endAt(account, cancels, 'cancellation_requested')];
  if (isPaused) return [];
  if (invoice && invoice.due <= now) return collect(account, store);
  if (subscription.status === 'trialing' && trialEnd) {
    if (trialEnd <= now) return renew(account, trialEnd, store);
    if (!account.announcedTrialEnd && trialEnd - 3 * DAY <= now) {
      account.announcedTrialEnd = true;
      const object = structuredClone(subscription);
      return [
        { type: 'customer.subscription.trial_will_end', created: trialEnd - 3 * DAY, object },
      ];
    }
  }
  const boundary = periodEnd(subscription);
  return subscription.status === 'active' && boundary <= now ? renew(account, boundary, store) : [];
}

/** A period begins: the status is active at once, and its invoice a draft for a while. */
export function renew(
  account: Account,
  at: number,
  store: Store,
  draftSeconds = DRAFT_SECONDS,
): Happening[] {
  const { subscription } = account;
  if (subscription.status === 'trialing') subscription.billing_cycle_anchor = at;
  subscription.status = 'active';
  enterPeriod(subscription, at);
  const total = priceOf(subscription).amount + (account.pending ?? 0);
  account.pending = 0;
  const due = store.setOff(subscription.customer, total);
  draft(account, { reason: 'subscription_cycle', due: at + draftSeconds, amount: due });
  return [
    updated(account, at),
    { type: 'invoice.created', created: at, object: invoiceObject(account, 'draft') },
  ];
}

/** Puts the subscription into the period of its anchor that holds `at`. */
export function enterPeriod(subscription: Subscription, at: number): void {
  const period = periodFrom(subscription, at);
  for (const item of subscription.items.data) {
    item.current_period_start = period.start;
    item.current_period_end = period.end;
  }
  if (subscription.current_period_end) {
    subscription.current_period_start = period.start;
    subscription.current_period_end = period.end;
  }
}

/** Opens an invoice. */
export function draft(account: Account, invoice: Omit<OpenInvoice, 'id' | 'attempts'>): void {
  account.invoices += 1;
  const id = `in_${account.subscription.id}_${account.invoices}`;
  account.invoice = { ...invoice, id, attempts: 0 };
}

/** Charges the open invoice. */
export function collect(account: Account, store: Store): Happening[] {
  const { invoice } = account;
  return invoice ? outcome(account, take(account, invoice.amount, store), store) : [];
}

/** Takes money from the card of the subscription, or of its customer; why it was declined, or null when it was not. */
export function take({ subscription }: Account, amount: number, store: Store): string | null {
  if (amount === 0) return null;
  const customer = store.customer(subscription.customer);
  const paymentMethod =
    subscription.default_payment_method ?? customer.invoice_settings.default_payment_method;
  if (!paymentMethod) return 'no_payment_method';
  const { currency } = priceOf(subscription);
  const wanted = { customer: customer.id, subscription: subscription.id, amount, currency };
  return store.charge({ ...wanted, paymentMethod }).declineCode;
}

/** What follows from a charge of the open invoice; when the card keeps saying no the subscription ends. */
export function outcome(account: Account, declineCode: string | null, store: Store): Happening[] {
  const { subscription, invoice } = account;
  if (!invoice) return [];
  const at = invoice.due;
  invoice.attempts += 1;
  if (declineCode === null) return paid(account, at);
  const wait = RETRY_AFTER_DAYS[invoice.attempts - 1];
  const object = {
    ...invoiceObject(account, 'open'),
    next_payment_attempt: wait ? at + wait * DAY : null,
  };
  const failed = [{ type: 'invoice.payment_failed', created: at, object }];
  if (declineCode === AUTHENTICATION_REQUIRED) {
    store.await(account);
    failed.push({ type: 'invoice.payment_action_required', created: at, object });
  }
  if (wait === undefined) return [...failed, endAt(account, at, 'payment_failed')];
  invoice.due = at + wait * DAY;
  const isFirst = subscription.status !== 'past_due';
  subscription.status = 'past_due';
  return [...failed, ...(isFirst ? [updated(account, at)] : [])];
}

/** The open invoice is paid, by whatever means. */
export function paid(account: Account, at: number): Happening[] {
  const { subscription, invoice } = account;
  if (!invoice) return [];
  const wasPastDue = subscription.status === 'past_due';
  subscription.status = 'active';
  const object = invoiceObject(account, 'paid');
  account.latestInvoice = object;
  delete account.invoice;
  return [
    { type: 'invoice.paid', created: at, object },
    { type: 'invoice.payment_succeeded', created: at, object },
    ...(wasPastDue ? [updated(account, at)] : []),
  ];
}

/** Ends the subscription at `at`. */
export function endAt(account: Account, at: number, reason: string): Happening {
  const { subscription } = account;
  subscription.status = 'canceled';
  subscription.ended_at = at;
  subscription.canceled_at ??= at;
  subscription.cancellation_details = { ...subscription.cancellation_details, reason };
  delete account.invoice;
  return {
    type: 'customer.subscription.deleted',
    created: at,
    object: structuredClone(subscription),
  };
}

export const updated = ({ subscription }: Account, at: number): Happening => ({
  type: 'customer.subscription.updated',
  created: at,
  object: structuredClone(subscription),
});

export function invoiceObject(account: Account, status: 'draft' | 'open' | 'paid') {
  const { subscription, invoice } = account;
  const { amount, id } = invoice!;
  const { currency } = priceOf(subscription);
  return {
    id,
    object: 'invoice',
    customer: subscription.customer,
    currency,
    status,
    amount_due: amount,
    amount_paid: status === 'paid' ? amount : 0,
    attempt_count: invoice!.attempts,
    billing_reason: invoice!.reason,
    livemode: subscription.livemode,
    next_payment_attempt: null as number | null,
    hosted_invoice_url: status === 'draft' ? null : `https://invoice.stripe.example/i/${id}`,
    parent: {
      type: 'subscription_details',
      subscription_details: { subscription: subscription.id },
    },
  };
}

export function priceOf({ items }: Subscription): { amount: number; currency: string } {
  const amount = items.data.reduce(
    (sum, { price, quantity }) => sum + (price.unit_amount ?? 0) * (quantity ?? 1),
    0,
  );
  return { amount, currency: items.data[0]!.price.currency };
}

export const periodEnd = ({ items, current_period_end: end }: Subscription): number =>
  items.data[0]!.current_period_end ?? end ?? Infinity;

const cancelAt = (subscription: Subscription): number | undefined =>
  subscription.cancel_at ??
  (subscription.cancel_at_period_end ? periodEnd(subscription) : undefined);

function periodFrom(subscription: Subscription, at: number): { start: number; end: number } {
  const { interval = 'month', interval_count: intervalCount = 1 } =
    subscription.items.data[0]!.price.recurring ?? {};
  const anchor = Math.min(subscription.billing_cycle_anchor ?? at, at);
  const { start, end } = periodAt(fromUnix(anchor), { interval, intervalCount }, fromUnix(at));
  return { start: toMs(start) / 1000, end: toMs(end) / 1000 };
}

/** The provider's time of a subscription: its newest event's or its test clock's, or the wall clock's if that is later. */
export const nowOf = (account: Account | undefined): number =>
  Math.max(account?.created ?? 0, account?.clock ?? 0, Math.floor(Date.now() / 1000));

function earliest(instants: (number | undefined)[]): number | undefined {
  const known = instants.filter((instant) => instant !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}
