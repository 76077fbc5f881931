import { Stripe } from 'stripe';

import type { BillingActivities, ChargeRequest } from '../../workflows/activities.ts';
import type { ChargeResult, ProviderSubscription } from '../../workflows/domain/provider.ts';
import { customerFromStripe, fromStripe } from '../../workflows/domain/stripe.ts';
import type { Asked, ChargeLedger } from '../billing/charge-ledger.ts';

/** Charges, questions and commands to Stripe; every write carries an idempotency key. */
export function createBillingActivities(stripe: Stripe, ledger: ChargeLedger): BillingActivities {
  return {
    async charge(request) {
      const { key, subscription } = request;
      try {
        const asked = (await ledger.find(subscription, key)) ?? (await first(request));
        const { paymentMethod, payment } = asked;
        if (payment !== undefined) {
          return outcomeOf(await stripe.paymentIntents.retrieve(payment));
        }
        if (paymentMethod === undefined) return { outcome: 'no_payment_method' };
        const intent = await stripe.paymentIntents.create(
          {
            ...asked.amount,
            customer: request.customer,
            payment_method: paymentMethod,
            confirm: true,
            off_session: true,
            metadata: { subscription, key },
          },
          { idempotencyKey: key },
        );
        await ledger.made(subscription, key, intent.id);
        return outcomeOf(intent);
      } catch (error) {
        return declined(error);
      }
    },
    async wasCharged({ subscription, key }) {
      return (await ledger.find(subscription, key)) !== undefined;
    },
    async fetchSubscription(id) {
      return known(stripe.subscriptions.retrieve(id).then((found) => translate(stripe, found)));
    },
    async cancelSubscription({ subscription, key, atPeriodEnd, reason }) {
      const details = reason === undefined ? {} : { cancellation_details: { comment: reason } };
      // A caller's key is the caller's for one subscription; the provider knows it for all of them.
      const options = { idempotencyKey: `${subscription}:${key}` };
      const canceled = atPeriodEnd
        ? stripe.subscriptions.update(
            subscription,
            { cancel_at_period_end: true, ...details },
            options,
          )
        : stripe.subscriptions.cancel(subscription, details, options);
      return known(
        canceled.catch(asItIs(stripe, subscription)).then((found) => translate(stripe, found)),
      );
    },
  };

  /** Writes down a charge that nobody has asked for yet. */
  async function first(request: ChargeRequest): Promise<Asked> {
    const { key, subscription, customer, amount } = request;
    const paymentMethod = request.paymentMethod ?? (await defaultPaymentMethod(stripe, customer));
    const asked = { amount, ...(paymentMethod !== undefined && { paymentMethod }) };
    // What was not there today may be there tomorrow: nothing has been asked of the provider.
    return paymentMethod === undefined ? asked : ledger.open(subscription, key, asked);
  }
}

/** What is cancelled already, or is set to be, cannot be cancelled again: that it is so is the answer. */
const asItIs =
  (stripe: Stripe, id: string) =>
  async (error: unknown): Promise<Stripe.Subscription> => {
    if (!(error instanceof Stripe.errors.StripeInvalidRequestError) || isMissing(error))
      throw error;
    const found = await stripe.subscriptions.retrieve(id);
    if (found.status === 'canceled' || found.cancel_at_period_end) return found;
    throw error;
  };

/** A payment that takes its time is asked about until it is settled. */
function outcomeOf({ id, status }: Stripe.PaymentIntent): ChargeResult {
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

/** A card that says no is an answer, and so is a request that will never be taken; everything else is tried again. */
function declined(error: unknown): ChargeResult {
  if (error instanceof Stripe.errors.StripeCardError) {
    return { outcome: 'declined', code: error.decline_code ?? error.code ?? 'card_declined' };
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    const { code = 'invalid_request', param } = error;
    return { outcome: 'declined', code: isMissing(error) ? `${param}_missing` : code };
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
