import type { BillingActivities, OrderBillingActivities } from '../../workflows/activities.ts';
import type { Instant } from '../../workflows/domain/time.ts';
import type { Asked, ChargeLedger } from '../billing/charge-ledger.ts';

/** A charge that nobody was asked for. */
export interface ShadowCharge extends Asked {
  /** When it would have been asked for. */
  shadow: Instant;
}

const REFUSED = 'This worker is a shadow (SHADOW=true) and asks the provider for nothing.';

/** Charges go no further than the ledger, and count as paid; requests are refused. What only reads goes on as it does. */
export const shadowBilling = (
  billing: BillingActivities,
  ledger: ChargeLedger,
  now: () => Instant,
): BillingActivities => ({
  ...billing,
  async charge({ subscription, key, amount, paymentMethod }) {
    const charge: ShadowCharge = {
      amount,
      ...(paymentMethod !== undefined && { paymentMethod }),
      shadow: now(),
    };
    const asked = await ledger.open(subscription, key, charge);
    return { outcome: 'paid', amount: asked.amount };
  },
  async askProvider({ subscription }) {
    return { subscription: await billing.fetchSubscription(subscription), refused: REFUSED };
  },
});

/** The same for orders, of which nothing has been taken that could be given back. */
export const shadowOrderBilling = (
  ledger: ChargeLedger,
  now: () => Instant,
): OrderBillingActivities => ({
  async chargeOrder({ order, key, amount, paymentMethod }) {
    const charge: ShadowCharge = {
      amount,
      ...(paymentMethod !== undefined && { paymentMethod }),
      shadow: now(),
    };
    const asked = await ledger.open(order, key, charge);
    return { outcome: 'paid', amount: asked.amount };
  },
  awaitSettlement: () => Promise.resolve({ outcome: 'paid' }),
  refundOrder: () => Promise.resolve({}),
});
