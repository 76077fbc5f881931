// The workflows with a change that breaks every open one: a call where there was none. The replay test must notice.
import { proxyActivities } from '@temporalio/workflow';

import * as real from '../../workflows/index.ts';

const { greet } = proxyActivities<{ greet(): Promise<void> }>({ startToCloseTimeout: '1 minute' });

export async function trial(...args: Parameters<typeof real.trial>): Promise<void> {
  await greet();
  return real.trial(...args);
}

export async function subscription(...args: Parameters<typeof real.subscription>): Promise<void> {
  await greet();
  return real.subscription(...args);
}
