import { afterAll, beforeAll, inject } from 'vitest';

import { StackClient } from '../../local/client.ts';
import { readConfig } from '../../local/config.ts';
import { ProviderControl } from '../../local/provider/client.ts';
import { startStack, type Stack, type StackOptions } from '../../local/stack.ts';
import type { StartRequest } from '../../workflows/domain/commands.ts';

let own: Stack | undefined;

/** The stack that the end-to-end tests share, or else the file's own, spoken to as the world does. */
export const client = (): StackClient => new StackClient(own?.url ?? inject('stackUrl'));
export const provider = (): ProviderControl =>
  own?.provider ?? new ProviderControl(inject('providerUrl'));

/** A stack of the file's own, for tests that break something or need it to be special. */
export function useStack(options: Partial<StackOptions> = {}): () => Stack {
  beforeAll(async () => {
    own = await startStack({ config: readConfig({ PORT: '5000' }), ...options });
  });
  afterAll(() => own?.stop());
  return () => own!;
}

let count = 0;

/** A subscription id that no other test uses. */
export const uniqueId = (name: string): string =>
  `sub_${name}_${process.pid}_${count++}_${Date.now().toString(36)}`;

/** The second at hand, as everything of Stripe's is in whole seconds. */
export const nowMs = (): number => Math.floor(Date.now() / 1000) * 1000;

export const iso = (ms: number): string => new Date(ms).toISOString();
export const DAY = 86_400_000;

/** What begins a trial in self mode; everything may be replaced. */
export const trialData = (
  id: string,
  more: Partial<StartRequest> & Record<string, unknown> = {},
) => ({
  customer: { id: `cus_${id}`, email: `${id}@example.com`, name: 'Eve', locale: 'en' },
  plan: { id: 'pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
  paymentMethod: 'pm_card_visa',
  collection: 'self',
  ...more,
});

/** Begins a trial of so many days in self mode and waits until it runs. */
export async function beginTrial(
  to: StackClient,
  id: string,
  {
    start = nowMs(),
    days = 14,
    ...more
  }: { start?: number; days?: number } & Record<string, unknown> = {},
): Promise<{ start: number; end: number }> {
  const end = start + days * DAY;
  const data = trialData(id, { trialStart: iso(start), trialEnd: iso(end), ...more });
  const { status, body } = await to.postEvent('subscription.trial_started', id, data);
  if (status !== 200) throw new Error(`the trial was answered ${status} ${JSON.stringify(body)}`);
  await to.settled(id, 'trialing', (found) => found.status === 'trialing');
  return { start, end };
}
