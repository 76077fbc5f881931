import type { Period } from './calendar.ts';
import { toMs, type Instant } from './time.ts';

/**
 * The part of `amount` (minor units) that belongs to the stretch of the period from `from` to `to`, to the nearest unit,
 * halves up. What lies outside the period counts for nothing. Exact for any amount, as no fraction is ever formed.
 */
export function prorate(
  amount: number,
  { start, end }: Period,
  from: Instant,
  to: Instant = end,
): number {
  const whole = toMs(end) - toMs(start);
  const part = Math.min(toMs(to), toMs(end)) - Math.max(toMs(from), toMs(start));
  if (whole <= 0 || part <= 0) return 0;
  return Number((2n * BigInt(amount) * BigInt(part) + BigInt(whole)) / (2n * BigInt(whole)));
}
