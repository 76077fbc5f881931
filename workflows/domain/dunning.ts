import { dunningOf } from './policy.ts';
import type { PastDue } from './state.ts';
import { addDuration, isDue, toMs, type Instant } from './time.ts';

const INCOMPLETE_EXPIRES = 'PT23H';
const CONFIRM_WITHIN = 'PT23H';

/**
 * When the open invoice is charged again by itself; undefined when there is no further charge. Of several that are overdue
 * at `now`, as after an outage, only the latest is made.
 */
export function nextRetry(state: PastDue, now: Instant): Instant | undefined {
  if (state.isHard) return undefined;
  const tried = toMs(state.triedAt ?? state.since);
  const open = retries(state).filter((at) => toMs(at) > tried);
  return open.findLast((at) => isDue(at, now)) ?? open[0];
}

/** When retries are used up. */
export const dunningEnd = (state: PastDue): Instant => retries(state).at(-1) ?? state.since;

/** When what follows from that is done: who has just been asked to confirm a payment is given the time to do so. */
export function finalInstant(state: PastDue): Instant {
  const end = dunningEnd(state);
  const { confirmBy } = state;
  return confirmBy !== undefined && toMs(confirmBy) > toMs(end) ? confirmBy : end;
}

/** Until when a payment can be confirmed that the customer was asked at `at` to confirm. */
export const confirmationEnd = (at: Instant): Instant => addDuration(at, CONFIRM_WITHIN);

function retries({ since, policy }: PastDue): Instant[] {
  let at = since;
  return dunningOf(policy).retries.map((wait) => (at = addDuration(at, wait)));
}

/** When access ends although retries go on. */
export const graceEnd = ({ since, policy }: PastDue): Instant =>
  addDuration(since, dunningOf(policy).grace);

/** When the customer is told again that a payment is open. */
export const dunningReminders = ({ since, policy }: PastDue): Instant[] =>
  dunningOf(policy).reminders.map((after) => addDuration(since, after));

/** When the customer is told that the next charge is the last. */
export const finalNotice = (state: PastDue): Instant =>
  addDuration(dunningEnd(state), dunningOf(state.policy).finalNotice, -1);

/** When a subscription whose first charge failed expires. */
export const incompleteEnd = (since: Instant): Instant => addDuration(since, INCOMPLETE_EXPIRES);

/** Declines that the same payment method does not get over, as networks forbid to try it again. */
const HARD = new Set([
  'authentication_not_handled',
  'card_not_supported',
  'customer_missing',
  'expired_card',
  'fraudulent',
  'incorrect_number',
  'invalid_account',
  'invalid_expiry_month',
  'invalid_expiry_year',
  'invalid_number',
  'lost_card',
  'merchant_blacklist',
  'new_account_information_available',
  'no_payment_method',
  'payment_method_missing',
  'pickup_card',
  'restricted_card',
  'revocation_of_all_authorizations',
  'revocation_of_authorization',
  'stolen_card',
  'stop_payment_order',
]);

/** Whether only another payment method can help. */
export const isHardDecline = (code: string): boolean => HARD.has(code);
