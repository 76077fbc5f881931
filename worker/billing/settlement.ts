import { activityInfo, ApplicationFailure, heartbeat } from '@temporalio/activity';
import { ApplicationFailureCategory } from '@temporalio/common';
import type { Stripe } from 'stripe';

import type { OrderBillingActivities } from '../../workflows/activities.ts';
import { resultOf } from './charge.ts';
import { WITH_CARD } from './payments.ts';

/** Handed on from one look to the next, and shown by Temporal beside the activity that waits. */
interface Looks {
  looks: number;
}

const FIRST_DELAY_MS = 2000;
const LONGEST_DELAY_MS = 6 * 3_600_000;
/** With less time left than this there is no other look. */
const LEAST_LEFT_MS = 60_000;

/**
 * Looks at a payment that is on its way. While nothing has come of it the activity fails and says when to try again: a worker
 * is not held up between two looks, and may be another one at the next. Looks become rarer, from seconds to hours.
 */
export const createAwaitSettlement =
  (stripe: Stripe): OrderBillingActivities['awaitSettlement'] =>
  async ({ payment }) => {
    const found = await stripe.paymentIntents.retrieve(payment, WITH_CARD);
    const { amount, currency, metadata } = found;
    const asked = { key: metadata['key'] ?? '', amount: { amount, currency } };
    const result = resultOf(found, asked, asked);
    if (result.outcome !== 'processing') return result;
    const { looks = 0 } = (activityInfo().heartbeatDetails ?? {}) as Partial<Looks>;
    heartbeat({ looks: looks + 1 } satisfies Looks);
    throw ApplicationFailure.create({
      message: `payment ${payment} is not settled yet`,
      type: 'NotSettled',
      // Nothing is wrong: not worth a warning in the log.
      category: ApplicationFailureCategory.BENIGN,
      nextRetryDelay: delayAfter(looks, leftMs()),
    });
  };

/** The last look is taken shortly before the time is over. */
export function delayAfter(looks: number, left: number): number {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** looks, LONGEST_DELAY_MS);
  return delay < left || left < LEAST_LEFT_MS ? delay : Math.max(left - LEAST_LEFT_MS / 2, 1);
}

function leftMs(): number {
  const { scheduledTimestampMs, scheduleToCloseTimeoutMs } = activityInfo();
  if (scheduleToCloseTimeoutMs <= 0) return Number.POSITIVE_INFINITY;
  return scheduledTimestampMs + scheduleToCloseTimeoutMs - Date.now();
}
