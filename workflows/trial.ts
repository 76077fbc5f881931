import type { LifecycleInput } from './domain/contract.ts';
import { lifecycle } from './lifecycle.ts';

/**
 * A subscription in its trial: welcome, reminders, then conversion or the end. Continues as new as `subscription` as soon
 * as the status is another one than `trialing`.
 */
export async function trial(input: LifecycleInput): Promise<void> {
  await lifecycle(input);
}
