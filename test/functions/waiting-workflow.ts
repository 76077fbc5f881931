// A workflow that waits for a payment to be confirmed, or else for a command to say so.
import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';

import type { AuthenticationRequest, BillingActivities } from '../../workflows/activities.ts';
import type { Command } from '../../workflows/domain/commands.ts';

const { awaitAuthentication } = proxyActivities<BillingActivities>({
  startToCloseTimeout: '30 days',
});

export async function subscription({
  wanted,
}: {
  wanted?: AuthenticationRequest;
}): Promise<Command | { isPaid: boolean }> {
  let told: Command | undefined;
  setHandler(defineSignal<[Command]>('command'), (command) => void (told = command));
  if (wanted) return awaitAuthentication(wanted);
  await condition(() => told !== undefined);
  return told!;
}
