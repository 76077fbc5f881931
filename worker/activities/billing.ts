import type { Stripe } from 'stripe';

import type { BillingActivities } from '../../workflows/activities.ts';
import { createAskProvider } from '../billing/ask-provider.ts';
import { createAwaitAuthentication } from '../billing/authentication.ts';
import type { ChargeLedger } from '../billing/charge-ledger.ts';
import { createCharge } from '../billing/charge.ts';
import { known, patiently, translate } from '../billing/stripe.ts';

/** Charges, questions and requests to Stripe; whatever is not to happen twice carries an idempotency key. */
export const createBillingActivities = (
  stripe: Stripe,
  ledger: ChargeLedger,
): BillingActivities => ({
  charge: patiently(settled(createCharge(stripe, ledger))),
  askProvider: patiently(createAskProvider(stripe)),
  awaitAuthentication: patiently(createAwaitAuthentication(stripe, ledger)),
  wasCharged: async ({ subscription, key }) => (await ledger.find(subscription, key)) !== undefined,
  fetchSubscription: patiently((id) =>
    known(
      stripe.subscriptions
        .retrieve(id, { expand: ['latest_invoice'] })
        .then((found) => translate(stripe, found)),
    ),
  ),
});

/** A payment that takes its time is asked about until it is settled. */
const settled =
  (charge: ReturnType<typeof createCharge>): BillingActivities['charge'] =>
  async (request) => {
    const result = await charge(request);
    if (result.outcome !== 'processing') return result;
    throw new Error(`payment ${result.payment} is not settled yet`);
  };
