import { Stripe } from 'stripe';

import type { BillingActivities } from '../../workflows/activities.ts';
import type { ChargeResult, ProviderSubscription } from '../../workflows/domain/provider.ts';
import { customerFromStripe, fromStripe } from '../../workflows/domain/stripe.ts';

/** Charges, questions and commands to Stripe; every write carries an idempotency key. */
export function createBillingActivities(stripe: Stripe): BillingActivities {
  return {
    async charge({ key, subscription, customer, amount, paymentMethod }) {
      try {
        const method = paymentMethod ?? (await defaultPaymentMethod(stripe, customer));
        if (method === undefined) return { outcome: 'no_payment_method' };
        const intent = await stripe.paymentIntents.create(
          {
            ...amount,
            customer,
            payment_method: method,
            confirm: true,
            off_session: true,
            metadata: { subscription },
          },
          { idempotencyKey: key },
        );
        return await outcomeOf(stripe, intent);
      } catch (error) {
        return declined(error);
      }
    },
    async fetchSubscription(id) {
      return known(stripe.subscriptions.retrieve(id).then((found) => translate(stripe, found)));
    },
    async cancelSubscription({ subscription, key, atPeriodEnd, reason }) {
      const details = reason === undefined ? {} : { cancellation_details: { comment: reason } };
      const options = { idempotencyKey: key };
      const canceled = atPeriodEnd
        ? stripe.subscriptions.update(
            subscription,
            { cancel_at_period_end: true, ...details },
            options,
          )
        : stripe.subscriptions.cancel(subscription, details, options);
      return known(canceled.then((found) => translate(stripe, found)));
    },
  };
}

/** An asynchronous payment is asked about until it is settled: the same key gives back the same intent. */
async function outcomeOf(stripe: Stripe, intent: Stripe.PaymentIntent): Promise<ChargeResult> {
  const { id, status } =
    intent.status === 'processing' ? await stripe.paymentIntents.retrieve(intent.id) : intent;
  if (status === 'processing') throw new Error(`payment ${id} is not settled yet`);
  return status === 'succeeded' ? { outcome: 'paid' } : { outcome: 'declined', code: status };
}

/** Connects to Stripe, or to what stands at `apiBase` in its place. */
export function createStripe({
  apiKey,
  apiBase,
}: {
  apiKey: string;
  apiBase?: string | undefined;
}) {
  const base = apiBase === undefined ? undefined : new URL(apiBase);
  return new Stripe(apiKey, {
    maxNetworkRetries: 0, // Temporal retries, and its attempts are seen.
    timeout: 20_000,
    telemetry: false,
    ...(base && {
      host: base.hostname,
      port: base.port || (base.protocol === 'https:' ? 443 : 80),
      protocol: base.protocol === 'https:' ? 'https' : 'http',
    }),
  });
}

async function translate(
  stripe: Stripe,
  found: Stripe.Subscription,
): Promise<ProviderSubscription | null> {
  const subscription = fromStripe(found);
  if (subscription === undefined) return null;
  const { customer } = subscription;
  if (customer.email !== undefined) return subscription;
  const owner = await stripe.customers.retrieve(customer.id);
  const contact = owner.deleted ? {} : customerFromStripe(owner);
  return { ...subscription, customer: { ...contact, ...customer } };
}

async function defaultPaymentMethod(stripe: Stripe, customer: string): Promise<string | undefined> {
  const found = await stripe.customers.retrieve(customer);
  if (found.deleted) return undefined;
  const method = found.invoice_settings.default_payment_method;
  return typeof method === 'string' ? method : method?.id;
}

/** A card that says no, or is gone, is an answer; everything else is tried again. */
function declined(error: unknown): ChargeResult {
  if (error instanceof Stripe.errors.StripeCardError) {
    return { outcome: 'declined', code: error.decline_code ?? error.code ?? 'card_declined' };
  }
  if (isMissing(error) && error.param === 'payment_method') {
    return { outcome: 'declined', code: 'payment_method_missing' };
  }
  throw error;
}

async function known<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

const isMissing = (error: unknown): error is Stripe.errors.StripeInvalidRequestError =>
  error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';
