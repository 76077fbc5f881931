import { createHash } from 'node:crypto';

import { Stripe } from 'stripe';

import type { BillingActivities, ProviderAnswer } from '../../workflows/activities.ts';
import type { ProviderRequest } from '../../workflows/domain/decision.ts';
import { toUnix } from '../../workflows/domain/stripe.ts';
import { known, translate } from './stripe.ts';

type Asked = Parameters<BillingActivities['askProvider']>[0];
type Refusal =
  | Stripe.errors.StripeInvalidRequestError
  | Stripe.errors.StripeCardError
  | Stripe.errors.StripeIdempotencyError;

/** Stripe's codes for a payment that only its customer can let through. */
const CONFIRMATION = new Set([
  'authentication_required',
  'subscription_payment_intent_requires_action',
]);
/** More than this Stripe does not take for an idempotency key. */
const LONGEST_KEY = 255;

/** Has requests carried out by Stripe; what it will never do is an answer, not an error. */
export const createAskProvider =
  (stripe: Stripe): BillingActivities['askProvider'] =>
  async (asked) => {
    try {
      return { subscription: await translate(stripe, await carryOut(stripe, asked)) };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return refusal(stripe, asked, error);
    }
  };

/** What is so already is not done again, and that it is so is the answer. */
async function refusal(
  stripe: Stripe,
  { subscription: id, request }: Asked,
  error: Refusal,
): Promise<ProviderAnswer> {
  const found = await known(stripe.subscriptions.retrieve(id));
  if (found === null) return { subscription: null };
  return isSo(request, found)
    ? { subscription: await translate(stripe, found) }
    : { subscription: null, refused: inWords(request, error) };
}

async function carryOut(
  stripe: Stripe,
  { subscription: id, customer, request }: Asked,
): Promise<Stripe.Subscription> {
  const options = { idempotencyKey: keyOf(id, request) };
  const update = (params: Stripe.SubscriptionUpdateParams): Promise<Stripe.Subscription> =>
    stripe.subscriptions.update(id, params, options);
  switch (request.type) {
    case 'cancel': {
      const { at, atPeriodEnd, reason } = request;
      const details = reason === undefined ? {} : { cancellation_details: { comment: reason } };
      if (at !== undefined) return update({ cancel_at: toUnix(at), ...details });
      if (atPeriodEnd) return update({ cancel_at_period_end: true, ...details });
      return stripe.subscriptions.cancel(id, details, options);
    }
    case 'uncancel': {
      const found = await stripe.subscriptions.retrieve(id);
      // Stripe takes only one of the two at a time; to take back the first is to take back what it has set of the second.
      if (found.cancel_at_period_end) return update({ cancel_at_period_end: false });
      return found.cancel_at === null ? found : update({ cancel_at: '' });
    }
    case 'pause':
      return stripe.subscriptions.pause(id, {}, options);
    case 'resume': {
      const anchor = { billing_cycle_anchor: { type: request.anchor ?? 'now' } };
      return stripe.subscriptions.resume(id, anchor, options);
    }
    case 'change_plan': {
      const { plan, quantity } = request;
      const item = { price: plan.id, ...(quantity !== undefined && { quantity }) };
      return update({ items: [{ ...(await firstItem(stripe, id)), ...item }], ...paying(request) });
    }
    case 'change_quantity': {
      const item = { ...(await firstItem(stripe, id)), quantity: request.quantity };
      return update({ items: [item], ...paying(request) });
    }
    case 'extend_trial': {
      const { trialEnd } = request;
      // The workflow has worked out the instant; a request without one is a mistake in it, which is tried again once mended.
      if (trialEnd === undefined) throw new Error('a trial cannot be extended to no instant');
      return update({ trial_end: toUnix(trialEnd), proration_behavior: 'none' });
    }
    case 'end_trial':
      return update({ trial_end: 'now' });
    case 'update_contact': {
      const { email, name, locale } = request;
      const contact = {
        ...(email !== undefined && { email }),
        ...(name !== undefined && { name }),
        ...(locale !== undefined && { preferred_locales: [locale] }),
      };
      if (Object.keys(contact).length > 0) {
        await stripe.customers.update(customer, contact, options);
      }
      return stripe.subscriptions.retrieve(id);
    }
    default:
      return request satisfies never;
  }
}

/** A change now is charged now, or not made; one that was made to wait for the end of the period costs nothing extra. */
const paying = ({
  atPeriodEnd,
  prorateAt,
}: {
  atPeriodEnd?: boolean;
  prorateAt?: string;
}): Stripe.SubscriptionUpdateParams =>
  atPeriodEnd
    ? { proration_behavior: 'none' }
    : {
        proration_behavior: 'always_invoice',
        payment_behavior: 'error_if_incomplete',
        ...(prorateAt !== undefined && { proration_date: toUnix(prorateAt) }),
      };

/** Without its id an item is a new one, beside the old. */
async function firstItem(stripe: Stripe, subscription: string): Promise<{ id: string }> {
  const { items } = await stripe.subscriptions.retrieve(subscription);
  const [item] = items.data;
  if (item === undefined) throw new Error(`${subscription} has no item`);
  return { id: item.id };
}

/** Whether a request that was refused is fulfilled all the same. */
function isSo(request: ProviderRequest, found: Stripe.Subscription): boolean {
  const { status, cancel_at: cancelAt, cancel_at_period_end: atPeriodEnd } = found;
  const [item] = found.items.data;
  const isOver = status === 'canceled' || status === 'incomplete_expired';
  if (request.type === 'cancel') {
    if (isOver) return true;
    if (request.at !== undefined) return cancelAt === toUnix(request.at);
    return request.atPeriodEnd === true && atPeriodEnd;
  }
  if (isOver) return false;
  switch (request.type) {
    case 'uncancel':
      return cancelAt === null && !atPeriodEnd;
    case 'pause':
      return status === 'paused';
    case 'resume':
      return status === 'active';
    case 'change_plan': {
      const { plan, quantity = item?.quantity } = request;
      return item?.price.id === plan.id && item.quantity === quantity;
    }
    case 'change_quantity':
      return item?.quantity === request.quantity;
    case 'extend_trial':
      return request.trialEnd !== undefined && found.trial_end === toUnix(request.trialEnd);
    case 'end_trial':
      return status === 'active' || status === 'past_due';
    case 'update_contact':
      return false;
    default:
      return request satisfies never;
  }
}

/** For somebody who talks to the customer. Stripe's own words may repeat an address, so those about a contact stay here. */
function inWords({ type }: ProviderRequest, error: Refusal): string {
  if (error instanceof Stripe.errors.StripeCardError) {
    const why = error.decline_code || error.code;
    return why !== undefined && CONFIRMATION.has(why)
      ? 'The customer would have to confirm the payment, so nothing was changed.'
      : `The payment was declined (${why ?? 'without a reason'}), so nothing was changed.`;
  }
  if (error instanceof Stripe.errors.StripeIdempotencyError) {
    return 'Another request has been made under the same key.';
  }
  if (type === 'update_contact') {
    return `The payment provider does not take the customer's ${error.param ?? 'details'}.`;
  }
  return `The payment provider refused: ${error.message}`;
}

/** A key that was used with other words is refused for as long as Stripe knows it; one that is in use (409) is not. */
const isRefusal = (error: unknown): error is Refusal =>
  error instanceof Stripe.errors.StripeInvalidRequestError ||
  error instanceof Stripe.errors.StripeCardError ||
  (error instanceof Stripe.errors.StripeIdempotencyError && error.statusCode === 400);

/** A caller's key is the caller's for one subscription; the provider knows it for all of them. */
function keyOf(subscription: string, { eventId }: ProviderRequest): string {
  const key = `${subscription}:${eventId}`;
  return key.length <= LONGEST_KEY ? key : createHash('sha256').update(key).digest('hex');
}
