import { Stripe } from 'stripe';

import { known } from './stripe.ts';

/** The charge says how long its card is good for. */
export const WITH_CARD = { expand: ['latest_charge'] };
/** Of one customer, the newest; the one looked for is of the last days. */
const LOOKED_THROUGH = 100;

/** Whether it can neither be confirmed nor fail any more. */
export const isFinal = ({ status }: Stripe.PaymentIntent): boolean =>
  status === 'succeeded' || status === 'canceled';

/**
 * The payment of a charge once nothing can come of it any more, null when there is none: what can be taken back is, and what
 * is on its way to the bank is waited for by trying again.
 */
export async function endPayment(
  stripe: Stripe,
  customer: string,
  key: string,
  id?: string,
): Promise<Stripe.PaymentIntent | null> {
  const payment = id ?? (await paymentOf(stripe, customer, key));
  return payment === undefined ? null : known(cancel(stripe, payment));
}

/** The payment of a try whose answer never came. */
export async function paymentOf(
  stripe: Stripe,
  customer: string,
  key: string,
): Promise<string | undefined> {
  const { data } = await stripe.paymentIntents.list({ customer, limit: LOOKED_THROUGH });
  return data.find(({ metadata }) => metadata['key'] === key)?.id;
}

async function cancel(stripe: Stripe, id: string): Promise<Stripe.PaymentIntent> {
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
