import { batchIs, beginBatch, reportOf } from '../batches.ts';
import type { Scenario, Story } from './scenario.ts';
import { startTrial } from './self-mode.ts';

const DEARER = {
  id: 'pro',
  price: { amount: 2400, currency: 'usd' },
  interval: 'month' as const,
};

/** A dearer price for five subscriptions and one that does not exist: first as a rehearsal, then in earnest. */
export const batch: Scenario = {
  title: 'a new price for many subscriptions: rehearsed, then done, with a report of what failed',
  async play(story) {
    await startTrial(story, { days: 7 });
    const others = await startOthers(story);
    const [leaving] = others;
    await story.client.call('POST', `/api/subscriptions/${leaving}/cancel`, { atPeriodEnd: true });
    story.aside('the setting', `${others.length} more, of which one is set to end`);
    const subscriptions = [story.id, ...others, `${story.id}_unknown`];
    const task = { action: 'change_plan', plan: DEARER, atPeriodEnd: true } as const;
    for (const isDryRun of [true, false]) {
      const name = isDryRun ? 'rehearsal' : 'migration';
      const id = await beginBatch(
        story.client,
        { ...task, subscriptions, isDryRun },
        `${name}-${story.id}`,
      );
      await batchIs(story.client, id);
      await tellReport(story, id, name);
      const plans = await Promise.all(others.map((other) => priceAhead(story, other)));
      const moved = plans.filter((price) => price === DEARER.price.amount).length;
      if (moved !== (isDryRun ? 0 : 3)) throw new Error(`${moved} have moved after the ${name}`);
    }
    await story.settle('the new price', 'trialing');
  },
};

/** Four that pay already. */
async function startOthers({ client, id, start }: Story): Promise<string[]> {
  const others = [1, 2, 3, 4].map((n) => `${id}_${n}`);
  for (const other of others) {
    await client.postEvent(
      'subscription.started',
      other,
      {
        customer: { id: `cus_${other}`, email: `${other}@example.com` },
        plan: { ...DEARER, price: { amount: 1900, currency: 'usd' } },
        collection: 'self',
        paymentMethod: 'pm_card_visa',
      },
      { time: new Date(start).toISOString() },
    );
  }
  await Promise.all(
    others.map((other) => client.settled(other, 'active', ({ status }) => status === 'active')),
  );
  return others;
}

async function tellReport(story: Story, id: string, name: string): Promise<void> {
  const { total, done, failed, items } = await reportOf(story.client, id);
  story.aside(`report of the ${name}`, `${done} of ${total} done, ${failed} failed`);
  for (const { subscription, reason } of items) story.aside('', `${subscription}: ${reason}`);
  if (done !== 4 || failed !== 2) throw new Error(`the ${name} has ${done} done, ${failed} failed`);
}

/** What the next period costs. */
async function priceAhead({ client }: Story, id: string): Promise<number> {
  const { plan, planChange } = (await client.subscription(id))!;
  return (planChange?.plan ?? plan).price.amount;
}
