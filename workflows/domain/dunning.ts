import { addDays, addDuration, type Instant } from './time.ts';

const RETRY_AFTER_DAYS = [3, 5, 7, 6];
const GRACE_DAYS = 7;
const INCOMPLETE_EXPIRES = 'PT23H';

/** When the open invoice is charged again after `attempt` charges have failed; undefined when that was the last. */
export function nextRetry(since: Instant, attempt: number): Instant | undefined {
  if (attempt > RETRY_AFTER_DAYS.length) return undefined;
  const days = RETRY_AFTER_DAYS.slice(0, attempt).reduce((sum, wait) => sum + wait, 0);
  return addDays(since, days);
}

/** When access ends although retries go on. */
export const graceEnd = (since: Instant): Instant => addDays(since, GRACE_DAYS);

/** When a subscription whose first charge failed expires. */
export const incompleteEnd = (since: Instant): Instant => addDuration(since, INCOMPLETE_EXPIRES);
