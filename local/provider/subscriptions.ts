import { cardError, invalid, missing, ok, text, type Answer, type Form } from './answers.ts';
import {
  collect,
  draft,
  endAt,
  enterPeriod,
  invoiceObject,
  nowOf,
  outcome,
  periodEnd,
  priceOf,
  renew,
  take,
  updated,
  type Happening,
} from './simulation.ts';
import { isOver, type Account, type Item, type Store, type Subscription } from './store.ts';

const DAY = 86_400;

/** What was asked for, with what the webhooks say about it. */
const done = ({ subscription }: Account, happenings: Happening[]): Answer => ({
  ...ok(subscription),
  news: { about: [subscription.id], happenings },
});

export function cancel(account: Account, form: Form): Answer {
  const { subscription } = account;
  if (isOver(subscription)) return missing('subscription', subscription.id);
  subscription.cancellation_details = details(form);
  return done(account, [endAt(account, nowOf(account), 'cancellation_requested')]);
}

/** The changes that subscriptions can be asked for, as far as they are known here. */
export function update(account: Account, form: Form, store: Store): Answer {
  const { subscription } = account;
  if (isOver(subscription)) {
    return invalid(
      'A canceled subscription can only update its cancellation_details and metadata.',
    );
  }
  if (form['cancel_at'] !== undefined && form['cancel_at_period_end'] !== undefined) {
    return invalid(
      'Received both cancel_at_period_end and cancel_at parameters. Please pass in only one.',
    );
  }
  if (form['items'] !== undefined) return changeItem(account, form, store);
  if (form['trial_end'] !== undefined) return moveTrialEnd(account, form, store);
  return schedule(account, form);
}

/** Sets, or takes back, when it is to end. */
function schedule(account: Account, form: Form): Answer {
  const { subscription } = account;
  const { cancel_at: cancelAt, cancel_at_period_end: atPeriodEnd } = form;
  const at = nowOf(account);
  if (cancelAt === undefined && atPeriodEnd === undefined) return ok(subscription);
  if (cancelAt && Number(cancelAt) <= at) {
    return invalid('cancel_at must be a timestamp in the future.', { param: 'cancel_at' });
  }
  subscription.cancel_at = cancelAt ? Number(cancelAt) : null;
  subscription.cancel_at_period_end = atPeriodEnd === 'true';
  const isSet = subscription.cancel_at !== null || subscription.cancel_at_period_end;
  subscription.canceled_at = isSet ? at : null;
  subscription.cancellation_details = isSet ? details(form) : null;
  return done(account, [updated(account, at)]);
}

/** A trial ends later, or now; then its invoice is charged at once. */
function moveTrialEnd(account: Account, form: Form, store: Store): Answer {
  const { subscription } = account;
  const at = nowOf(account);
  if (form['trial_end'] === 'now') {
    if (subscription.status !== 'trialing') return done(account, []);
    subscription.trial_end = at;
    const begun = renew(account, at, store, 0);
    return done(account, [...begun, ...collect(account, store)]);
  }
  const end = Number(form['trial_end']);
  if (!(end > at)) {
    return invalid('Timestamp must be in the future, or "now".', { param: 'trial_end' });
  }
  subscription.status = 'trialing';
  subscription.trial_start ??= at;
  subscription.trial_end = end;
  subscription.billing_cycle_anchor = end;
  for (const item of subscription.items.data) item.current_period_end = end;
  if (subscription.current_period_end) subscription.current_period_end = end;
  account.announcedTrialEnd = end - 3 * DAY <= at;
  return done(account, [updated(account, at)]);
}

/** Another price or quantity of an item; what it costs for the rest of the period is invoiced now, later or never. */
function changeItem(account: Account, form: Form, store: Store): Answer {
  const { subscription } = account;
  const [wanted] = form['items'] as { id?: string; price?: string; quantity?: string }[];
  const before = subscription.items.data.find(({ id }) => id === wanted?.id);
  if (wanted === undefined || before === undefined) {
    return missing('subscription item', text(wanted?.id), 'items[0][id]');
  }
  const priceId = wanted.price ?? before.price.id;
  const price = store.prices.find(priceId, before.price);
  if (price === undefined) return missing('price', priceId, 'items[0][price]');
  const quantity = wanted.quantity === undefined ? before.quantity : Number(wanted.quantity);
  const after = { ...before, price, quantity };
  const items = subscription.items.data.map((item) => (item === before ? after : item));

  const at = nowOf(account);
  const bill = billFor(account, items, form);
  const isNewCadence = JSON.stringify(price.recurring) !== JSON.stringify(before.price.recurring);
  const isFree = subscription.status === 'trialing';
  const isInvoiced = !isFree && (isNewCadence || form['proration_behavior'] === 'always_invoice');
  const declined = isInvoiced
    ? take(account, store.dueOf(subscription.customer, bill), store)
    : null;
  if (declined !== null && form['payment_behavior'] === 'error_if_incomplete') {
    return cardError(declined);
  }

  subscription.items.data = items;
  if (isNewCadence && !isFree) {
    subscription.billing_cycle_anchor = at;
    enterPeriod(subscription, at);
  }
  if (!isInvoiced && !isFree) account.pending = (account.pending ?? 0) + bill;
  const changed = updated(account, at);
  if (!isInvoiced || bill === 0) return done(account, [changed]);
  return done(account, [changed, ...invoiceNow(account, { at, bill, declined }, store)]);
}

/** Minor units for the change: the rest of the period at the new price less what was paid for it at the old one. */
function billFor(account: Account, items: Item[], form: Form): number {
  const { subscription } = account;
  const at = Number(form['proration_date'] ?? nowOf(account));
  const old = priceOf(subscription).amount;
  const now = priceOf({ ...subscription, items: { data: items } }).amount;
  const left = leftOf(subscription, at);
  const prorates = form['proration_behavior'] !== 'none';
  const before = subscription.items.data[0]!.price.recurring;
  if (JSON.stringify(before) !== JSON.stringify(items[0]!.price.recurring)) {
    return now - (prorates ? Math.round(old * left) : 0);
  }
  return prorates ? Math.round(now * left) - Math.round(old * left) : 0;
}

/** An invoice beside the regular ones, which is charged already; one that stays open takes the place of an older one. */
function invoiceNow(
  account: Account,
  { at, bill, declined }: { at: number; bill: number; declined: string | null },
  store: Store,
): Happening[] {
  const open = account.invoice;
  const amount = store.setOff(account.subscription.customer, bill);
  draft(account, { reason: 'subscription_update', due: at, amount });
  const created = { type: 'invoice.created', created: at, object: invoiceObject(account, 'draft') };
  const happenings = [created, ...outcome(account, declined, store)];
  if (open && !account.invoice && !isOver(account.subscription)) account.invoice = open;
  return happenings;
}

/** No periods and no invoices until it is resumed; what is left of the paid one is credited. */
export function pause(account: Account): Answer {
  const { subscription } = account;
  if (!['active', 'trialing', 'past_due'].includes(subscription.status)) {
    return invalid(`You cannot pause a subscription that is ${subscription.status}.`);
  }
  const at = nowOf(account);
  if (subscription.status === 'active') {
    const credit = Math.round(priceOf(subscription).amount * leftOf(subscription, at));
    account.pending = (account.pending ?? 0) - credit;
  }
  subscription.status = 'paused';
  subscription['status_details'] = {
    paused: { type: 'subscription', transitioned_at: at, subscription: {} },
  };
  delete account.invoice;
  return done(account, [updated(account, at), named('customer.subscription.paused', account, at)]);
}

/** Goes on with a new period, which is charged now, or with the old boundaries. */
export function resume(account: Account, form: Form, store: Store): Answer {
  const { subscription } = account;
  if (subscription.status !== 'paused') {
    return invalid(`You cannot resume a subscription that is ${subscription.status}.`);
  }
  const at = nowOf(account);
  const { type = 'now' } = (form['billing_cycle_anchor'] ?? {}) as { type?: string };
  delete subscription['status_details'];
  if (type === 'now') {
    subscription.billing_cycle_anchor = at;
    const begun = renew(account, at, store, 0);
    const resumed = named('customer.subscription.resumed', account, at);
    return done(account, [resumed, ...begun, ...collect(account, store)]);
  }
  subscription.status = 'active';
  enterPeriod(subscription, at);
  const rest = Math.round(priceOf(subscription).amount * leftOf(subscription, at));
  account.pending = (account.pending ?? 0) + rest;
  return done(account, [named('customer.subscription.resumed', account, at), updated(account, at)]);
}

const named = (type: string, account: Account, at: number): Happening => ({
  ...updated(account, at),
  type,
});

/** How much of the period lies after `at`, from 0 to 1. */
function leftOf(subscription: Subscription, at: number): number {
  const [item] = subscription.items.data;
  const start = item?.current_period_start ?? subscription.current_period_start ?? at;
  const end = periodEnd(subscription);
  return Math.min(1, Math.max(0, (end - at) / (end - start)));
}

const details = (form: Form) => {
  const { comment } = (form['cancellation_details'] ?? {}) as { comment?: string };
  return { reason: 'cancellation_requested', comment: comment ?? null };
};
