import { Stripe } from 'stripe';

import type { ChargeRequest } from '../../workflows/activities.ts';
import type { Charged } from '../../workflows/domain/provider.ts';
import { expiryOf } from '../../workflows/domain/stripe.ts';
import type { Asked, ChargeLedger } from './charge-ledger.ts';
import { endPayment, paymentOf, WITH_CARD } from './payments.ts';
import { isMissing } from './stripe.ts';

/**
 * Takes money once for each key, and never while the try before it may still go through. `payer` is what it is for, as its
 * payment names it: those of subscriptions come back as webhooks.
 */
export function createCharge(
  stripe: Stripe,
  ledger: ChargeLedger,
  payer: 'subscription' | 'order' = 'subscription',
): (request: ChargeRequest) => Promise<Charged> {
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
    if (asked.withdrawn) return { outcome: 'declined', code: 'withdrawn' };
    if (asked.paymentMethod === undefined) return { outcome: 'no_payment_method' };
    // The provider forgets keys after a day, and a worker may have been away for longer.
    const made =
      begun && begun.payment === undefined
        ? await paymentOf(stripe, request.customer, key)
        : asked.payment;
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
  ): Promise<[payment: string | undefined, Charged]> {
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
        metadata: { [payer]: subscription, key },
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
    const ended = await endPayment(stripe, request.customer, key, before.payment);
    if (ended?.status !== 'succeeded') return undefined;
    const { amount, paymentMethod } = before;
    return { amount, ...(paymentMethod && { paymentMethod }), payment: ended.id };
  }
}

const AUTHENTICATION_REQUIRED = 'authentication_required';

/** What came of a payment, so far. */
export function resultOf(
  intent: Stripe.PaymentIntent,
  { amount }: Pick<Asked, 'amount'>,
  wanted: Pick<ChargeRequest, 'key' | 'amount' | 'card'>,
): Charged {
  const { id, status, last_payment_error: failure } = intent;
  switch (status) {
    case 'processing':
      return { outcome: 'processing', payment: id };
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
function declined(error: unknown): Charged {
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
