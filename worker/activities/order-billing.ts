import type { Stripe } from 'stripe';

import type { OrderBillingActivities } from '../../workflows/activities.ts';
import type { ChargeLedger } from '../billing/charge-ledger.ts';
import { createCharge } from '../billing/charge.ts';
import { createRefund } from '../billing/refund.ts';
import { createAwaitSettlement } from '../billing/settlement.ts';
import { patiently } from '../billing/stripe.ts';

/** The money of orders; their charges are written down in their own partitions. */
export function createOrderBillingActivities(
  stripe: Stripe,
  ledger: ChargeLedger,
): OrderBillingActivities {
  const charge = createCharge(stripe, ledger, 'order');
  return {
    chargeOrder: patiently(({ order, ...request }) => charge({ ...request, subscription: order })),
    awaitSettlement: patiently(createAwaitSettlement(stripe)),
    refundOrder: patiently(createRefund(stripe, ledger)),
  };
}
