import { ApplicationFailure } from '@temporalio/activity';
import { Stripe } from 'stripe';

import type { OrderBillingActivities } from '../../workflows/activities.ts';
import type { ChargeLedger } from './charge-ledger.ts';
import { endPayment } from './payments.ts';

/** Somebody was quicker. */
const ALREADY = 'charge_already_refunded';

/** Takes a charge back: a payment that has not gone through never will, and one that has is refunded, once. */
export function createRefund(
  stripe: Stripe,
  ledger: ChargeLedger,
): OrderBillingActivities['refundOrder'] {
  return async ({ order, key, customer, amount }) => {
    // Written down before anything is looked at: whoever is still about to charge finds it there.
    const asked = await ledger.open(order, key, { amount, withdrawn: true });
    if (!asked.withdrawn) await ledger.note(order, key, { withdrawn: true });
    if (asked.paymentMethod === undefined) return {};
    const payment = await endPayment(stripe, customer, key, asked.payment);
    if (payment?.status !== 'succeeded') return {};
    return { refunded: await refund(payment, order, key) };
  };

  async function refund(payment: Stripe.PaymentIntent, order: string, key: string) {
    const { amount, currency } = payment;
    try {
      const made = await stripe.refunds.create(
        { payment_intent: payment.id, metadata: { order, key } },
        { idempotencyKey: `${key}:refund` },
      );
      if (made.status === 'failed' || made.status === 'canceled') {
        const why = `the refund ${made.id} is ${made.status}`;
        throw ApplicationFailure.nonRetryable(why, 'RefundFailed');
      }
    } catch (error) {
      const isRefusal = error instanceof Stripe.errors.StripeInvalidRequestError;
      if (!isRefusal || error.code !== ALREADY) throw error;
    }
    return { amount, currency };
  }
}
