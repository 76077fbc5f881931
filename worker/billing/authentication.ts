import { activityInfo, CompleteAsyncError } from '@temporalio/activity';
import type { Stripe } from 'stripe';

import type { BillingActivities } from '../../workflows/activities.ts';
import type { ChargeLedger } from './charge-ledger.ts';
import { isFinal } from './payments.ts';
import { known } from './stripe.ts';

/**
 * Leaves its task token where the webhook that tells of the payment finds it, and looks only then whether that one has come
 * already: in this order neither can miss the other.
 */
export const createAwaitAuthentication =
  (stripe: Stripe, ledger: ChargeLedger): BillingActivities['awaitAuthentication'] =>
  async ({ subscription, key, payment }) => {
    const { base64TaskToken: token } = activityInfo();
    await ledger.note(subscription, key, { payment, awaits: true, token });
    const found = await known(stripe.paymentIntents.retrieve(payment));
    if (found === null) return { isPaid: false };
    if (isFinal(found)) return { isPaid: found.status === 'succeeded' };
    throw new CompleteAsyncError();
  };
