import type { LifecycleInput } from './domain/contract.ts';
import { lifecycle } from './lifecycle.ts';

/**
 * A subscription in any status but `trialing`: renewals, failed payments, cancellation. Lives for years by continuing as
 * new at renewals, and as `trial` should it go back to one.
 */
export async function subscription(input: LifecycleInput): Promise<void> {
  await lifecycle(input);
}
