import { Stripe } from 'stripe';

import type { BillingActivities, ChargeRequest } from '../../workflows/activities.ts';
import type { ChargeResult } from '../../workflows/domain/provider.ts';
import { expiryOf } from '../../workflows/domain/stripe.ts';
import type { Asked, ChargeLedger } from './charge-ledger.ts';
import { isMissing, known } from './stripe.ts';

/** The charge says how long its card is good for. */
const WITH_CARD = { expand: ['latest_charge'] };
/** Of one customer, the newest; the one looked for is of the last days. */
const LOOKED_THROUGH = 100;

/** Takes money once for each key, and never while the try before it may still go through. */
export function createCharge(stripe: Stripe, ledger: ChargeLedger): BillingActivities['charge'] {
  return async (request) => {
    const { key, subscription, previousKey } = request;
    const begun = await ledger.find(subscription, key);
    const before =
      begun === undefined && previousKey !== undefined
        ? await withdraw(request, previousKey)
        : undefined;
    // Also what another try has paid is this one's: written down, as it may be asked for again.
    const asked =
      begun ?? (before ? await ledger.open(subscription, key, before) : await first(request));
    if (asked.paymentMethod === undefined) return { outcome: 'no_payment_method' };
    // The provider forgets keys after a day, and a worker may have been away for longer.
    const made =
      begun && begun.payment === undefined ? await paymentOf(request.customer, key) : asked.payment;
    const [payment, result] = await outcome(request, {
      ...asked,
      ...(made !== undefined && { payment: made }),
    });
    const awaits = result.outcome === 'action_required';
    if (payment !== undefined && (asked.payment === undefined || awaits)) {
      await ledger.note(subscription, key, { payment, ...(awaits && { awaits }) });
    }
    return result;
  };

  /** Writes down a charge that nobody has asked for yet. */
  async function first(request: ChargeRequest): Promise<Asked> {
    const { key, subscription, customer, amount } = request;
    const paymentMethod = request.paymentMethod ?? (await defaultPaymentMethod(stripe, customer));
    const asked = { amount, ...(paymentMethod !== undefined && { paymentMethod }) };
    // What was not there today may be there tomorrow: nothing has been asked of the provider.
    return paymentMethod === undefined ? asked : ledger.open(subscription, key, asked);
  }

  /** Makes the charge, or looks at what came of it, with the payment that stands for it. */
  async function outcome(
    request: ChargeRequest,
    asked: Asked,
  ): Promise<[payment: string | undefined, ChargeResult]> {
    try {
      const intent =
        asked.payment === undefined
          ? await create(request, asked)
          : await stripe.paymentIntents.retrieve(asked.payment, WITH_CARD);
      return [intent.id, resultOf(intent, asked, request)];
    } catch (error) {
      return [paymentIn(error)?.id, declined(error)];
    }
  }

  async function create(
    { key, subscription, customer }: ChargeRequest,
    { amount, paymentMethod }: Asked,
  ): Promise<Stripe.PaymentIntent> {
    return stripe.paymentIntents.create(
      {
        ...amount,
        ...WITH_CARD,
        customer,
        payment_method: paymentMethod!,
        confirm: true,
        off_session: true,
        metadata: { subscription, key },
      },
      { idempotencyKey: key },
    );
  }

  /** Takes back what the try before may still become; what was asked for then, if it has become a payment after all. */
  async function withdraw(request: ChargeRequest, key: string): Promise<Asked | undefined> {
    const before = await ledger.find(request.subscription, key);
    if (before === undefined) return undefined;
    // What becomes of it is our own doing from here on, and the answer of this charge.
    if (before.awaits) await ledger.forget(request.subscription, key);
    const payment = before.payment ?? (await paymentOf(request.customer, key));
    const ended = payment === undefined ? null : await known(cancel(payment));
    if (ended?.status !== 'succeeded') return undefined;
    const { amount, paymentMethod } = before;
    return { amount, ...(paymentMethod && { paymentMethod }), payment: ended.id };
  }

  /** The payment of a try whose answer never came. */
  async function paymentOf(customer: string, key: string): Promise<string | undefined> {
    const { data } = await stripe.paymentIntents.list({ customer, limit: LOOKED_THROUGH });
    return data.find(({ metadata }) => metadata['key'] === key)?.id;
  }

  /** The payment once nothing can come of it any more; what is on its way to the bank is waited for by trying again. */
  async function cancel(id: string): Promise<Stripe.PaymentIntent> {
    const found = await stripe.paymentIntents.retrieve(id, WITH_CARD);
    if (isFinal(found)) return found;
    try {
      return await stripe.paymentIntents.cancel(id);
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeInvalidRequestError)) throw error;
      const after = await stripe.paymentIntents.retrieve(id, WITH_CARD);
      if (!isFinal(after)) throw error;
      return after;
    }
  }
}

/** Whether it can neither be confirmed nor fail any more. */
export const isFinal = ({ status }: Stripe.PaymentIntent): boolean =>
  status === 'succeeded' || status === 'canceled';

const AUTHENTICATION_REQUIRED = 'authentication_required';

/** What came of a payment; one that takes its time is asked about until it is settled. */
function resultOf(
  intent: Stripe.PaymentIntent,
  { amount }: Asked,
  wanted: ChargeRequest,
): ChargeResult {
  const { id, status, last_payment_error: failure } = intent;
  switch (status) {
    case 'processing':
      throw new Error(`payment ${id} is not settled yet`);
    case 'succeeded': {
      const isOther =
        amount.amount !== wanted.amount.amount || amount.currency !== wanted.amount.currency;
      const expires = cardOf(intent);
      const isNews = expires !== undefined && expires !== wanted.card?.expires;
      const isEarlier = intent.metadata['key'] !== wanted.key;
      return {
        outcome: 'paid',
        ...(isOther && { amount }),
        ...(isNews && { card: { expires } }),
        ...(isEarlier && { earlier: id }),
      };
    }
    case 'requires_action':
      return { outcome: 'action_required', payment: id };
    default:
      return failure?.code === AUTHENTICATION_REQUIRED && status === 'requires_payment_method'
        ? { outcome: 'action_required', payment: id }
        : { outcome: 'declined', code: failure?.decline_code ?? failure?.code ?? status };
  }
}

function cardOf({ latest_charge: charge }: Stripe.PaymentIntent): string | undefined {
  const card = typeof charge === 'object' ? charge?.payment_method_details?.card : undefined;
  return card ? expiryOf(card) : undefined;
}

/** A card that says no is an answer, and so is a request that will never be taken; everything else is tried again. */
function declined(error: unknown): ChargeResult {
  if (error instanceof Stripe.errors.StripeCardError) {
    const payment = paymentIn(error);
    if (error.code === AUTHENTICATION_REQUIRED && payment !== undefined) {
      return { outcome: 'action_required', payment: payment.id };
    }
    return { outcome: 'declined', code: error.decline_code ?? error.code ?? 'card_declined' };
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    const { code = 'invalid_request', param } = error;
    return { outcome: 'declined', code: isMissing(error) ? `${param}_missing` : code };
  }
  throw error;
}

/** The payment that a declined charge leaves behind. */
const paymentIn = (error: unknown): Stripe.PaymentIntent | undefined =>
  error instanceof Stripe.errors.StripeError ? error.payment_intent : undefined;

async function defaultPaymentMethod(stripe: Stripe, customer: string): Promise<string | undefined> {
  const found = await stripe.customers.retrieve(customer);
  if (found.deleted) return undefined;
  const method = found.invoice_settings.default_payment_method;
  return typeof method === 'string' ? method : method?.id;
}
