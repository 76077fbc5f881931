import type { Policy } from '../../workflows/domain/policy.ts';
import type { Plan } from '../../workflows/domain/state.ts';
import type { Story } from './scenario.ts';

/** Begins a trial that we collect for ourselves, by a CloudEvents message. */
export async function startTrial(
  story: Story,
  {
    days,
    policy,
    paymentMethod = 'pm_card_visa',
    email = 'ada@example.com',
    marketing,
  }: {
    days: number;
    policy?: Policy;
    paymentMethod?: string | null;
    email?: string;
    marketing?: boolean;
  },
): Promise<void> {
  const { client, id } = story;
  const trialEnd = new Date(story.day(days)).toISOString();
  await client.postEvent(
    'subscription.trial_started',
    id,
    {
      customer: {
        id: `cus_${id}`,
        email,
        name: 'Ada',
        locale: 'en',
        ...(marketing !== undefined && { marketing }),
      },
      plan: { id: 'pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
      collection: 'self',
      trialEnd,
      ...(paymentMethod !== null && { paymentMethod }),
      ...(policy && { policy }),
    },
    { time: new Date(story.start).toISOString() },
  );
  story.incoming(
    story.start,
    'subscription.trial_started',
    `trial of ${days} days, ${paymentMethod === null ? 'no card' : `card ${paymentMethod}`}`,
  );
  await story.settle('the trial', 'trialing');
}

/** Replaces the card. */
export async function replaceCard(story: Story, paymentMethod: string): Promise<void> {
  const { client, id } = story;
  const { now } = await client.clock(id, { advance: 'PT0S' });
  await client.postEvent('subscription.updated', id, { paymentMethod });
  story.incoming(now, 'subscription.updated', `card ${paymentMethod}`);
}

/** Plans beside the one that every story begins with, which costs $19. */
export const MAX = plan('max', 4900);
export const BASIC = plan('basic', 900);

function plan(id: string, amount: number): Plan {
  return { id, price: { amount, currency: 'usd' }, interval: 'month' };
}
