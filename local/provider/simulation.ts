import { periodAt } from '../../workflows/domain/calendar.ts';
import { fromUnix, toMs } from '../../workflows/domain/time.ts';
import { isOver, type Account, type Store, type Subscription } from './store.ts';

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
  const cancels = cancelAt(subscription);
  if (cancels !== undefined && cancels <= now)
    return [endAt(account, cancels, 'cancellation_requested')];
  if (invoice && invoice.due <= now) return collect(account, store);
  if (subscription.status === 'trialing' && trialEnd) {
    if (trialEnd <= now) return renew(account, trialEnd);
    if (!account.announcedTrialEnd && trialEnd - 3 * DAY <= now) {
      account.announcedTrialEnd = true;
      const object = structuredClone(subscription);
      return [
        { type: 'customer.subscription.trial_will_end', created: trialEnd - 3 * DAY, object },
      ];
    }
  }
  const boundary = periodEnd(subscription);
  return subscription.status === 'active' && boundary <= now ? renew(account, boundary) : [];
}

/** A period begins: the status is active at once, and its invoice a draft for an hour. */
function renew(account: Account, at: number): Happening[] {
  const { subscription } = account;
  if (subscription.status === 'trialing') subscription.billing_cycle_anchor = at;
  subscription.status = 'active';
  const period = periodFrom(subscription, at);
  for (const item of subscription.items.data) {
    item.current_period_start = period.start;
    item.current_period_end = period.end;
  }
  if (subscription.current_period_end) {
    subscription.current_period_start = period.start;
    subscription.current_period_end = period.end;
  }
  account.invoices += 1;
  account.invoice = {
    id: `in_${subscription.id}_${account.invoices}`,
    reason: 'subscription_cycle',
    due: at + DRAFT_SECONDS,
    attempts: 0,
  };
  return [
    updated(account, at),
    { type: 'invoice.created', created: at, object: invoiceObject(account, 'draft') },
  ];
}

/** Charges the open invoice; when the card keeps saying no the subscription ends. */
function collect(account: Account, store: Store): Happening[] {
  const { subscription, invoice } = account;
  if (!invoice) return [];
  const at = invoice.due;
  invoice.attempts += 1;
  const { amount, currency } = priceOf(subscription);
  const customer = store.customer(subscription.customer);
  const paymentMethod =
    subscription.default_payment_method ?? customer.invoice_settings.default_payment_method;
  const charged =
    amount > 0 && paymentMethod
      ? store.charge({
          customer: customer.id,
          subscription: subscription.id,
          amount,
          currency,
          paymentMethod,
        })
      : undefined;
  const isPaid = amount === 0 || charged?.declineCode === null;
  if (isPaid) {
    const wasPastDue = subscription.status === 'past_due';
    subscription.status = 'active';
    const object = invoiceObject(account, 'paid');
    delete account.invoice;
    return [
      { type: 'invoice.paid', created: at, object },
      { type: 'invoice.payment_succeeded', created: at, object },
      ...(wasPastDue ? [updated(account, at)] : []),
    ];
  }
  const wait = RETRY_AFTER_DAYS[invoice.attempts - 1];
  const failed = {
    type: 'invoice.payment_failed',
    created: at,
    object: {
      ...invoiceObject(account, 'open'),
      next_payment_attempt: wait ? at + wait * DAY : null,
    },
  };
  if (wait === undefined) return [failed, endAt(account, at, 'payment_failed')];
  invoice.due = at + wait * DAY;
  const isFirst = subscription.status !== 'past_due';
  subscription.status = 'past_due';
  return [failed, ...(isFirst ? [updated(account, at)] : [])];
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

const updated = ({ subscription }: Account, at: number): Happening => ({
  type: 'customer.subscription.updated',
  created: at,
  object: structuredClone(subscription),
});

function invoiceObject(account: Account, status: 'draft' | 'open' | 'paid') {
  const { subscription, invoice } = account;
  const { amount, currency } = priceOf(subscription);
  return {
    id: invoice!.id,
    object: 'invoice',
    customer: subscription.customer,
    currency,
    status,
    amount_due: amount,
    amount_paid: status === 'paid' ? amount : 0,
    attempt_count: invoice!.attempts,
    billing_reason: invoice!.reason,
    livemode: subscription.livemode,
    next_payment_attempt: null,
    parent: {
      type: 'subscription_details',
      subscription_details: { subscription: subscription.id },
    },
  };
}

function priceOf({ items }: Subscription): { amount: number; currency: string } {
  const amount = items.data.reduce(
    (sum, { price, quantity }) => sum + (price.unit_amount ?? 0) * (quantity ?? 1),
    0,
  );
  return { amount, currency: items.data[0]!.price.currency };
}

const periodEnd = ({ items, current_period_end: end }: Subscription): number =>
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

function earliest(instants: (number | undefined)[]): number | undefined {
  const known = instants.filter((instant) => instant !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
}
