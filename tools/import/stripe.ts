import type { Stripe } from 'stripe';

import { fromStripe } from '../../workflows/domain/stripe.ts';
import type { Row } from './rows.ts';

/** What has not ended for good. */
const LIVE = ['trialing', 'active', 'past_due', 'unpaid', 'paused', 'incomplete'] as const;
/** As many as Stripe puts on a page. */
const PAGE = 100;

/**
 * Every live subscription of the account. Who takes it over asks Stripe about it again, so that the id and the customer are
 * what matters here; the rest is for the report.
 */
export async function* stripeRows(stripe: Stripe): AsyncIterable<Row> {
  let line = 0;
  for (const status of LIVE) {
    for await (const found of stripe.subscriptions.list({ status, limit: PAGE })) {
      line += 1;
      yield rowOf(line, found);
    }
  }
}

function rowOf(line: number, found: Stripe.Subscription): Row {
  const { id: subscription } = found;
  try {
    const seen = fromStripe(found);
    if (seen === undefined) {
      return { line, subscription, data: {}, unreadable: 'it has no item, and so nothing to bill' };
    }
    return { line, subscription, seen, data: dataOf(seen) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { line, subscription, data: {}, unreadable: error.message };
  }
}

/** No address: the worker asks Stripe for it. What is neither a trial nor a pause counts as active until Stripe is asked. */
function dataOf(seen: NonNullable<ReturnType<typeof fromStripe>>): Record<string, unknown> {
  const { customer, plan, quantity, livemode, status, trial, period, anchor } = seen;
  const known = status === 'trialing' || status === 'paused' ? status : 'active';
  return {
    customer: { id: customer.id },
    collection: 'provider',
    plan,
    quantity,
    livemode,
    status: known,
    anchor,
    ...(trial && { trialStart: trial.start, trialEnd: trial.end }),
    ...(known !== 'trialing' && { periodStart: period.start, periodEnd: period.end }),
  };
}
