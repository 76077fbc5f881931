import { subscriptionEvent } from '../stripe-events.ts';
import type { Scenario } from './scenario.ts';

/** Provider mode: who has cancelled is not told that the trial is about to end, and is not charged. */
export const trialCancelled: Scenario = {
  title: 'a trial is cancelled on its fifth day and ends without a charge',
  async play(story) {
    const { client, id, start } = story;
    await client.postStripe(
      subscriptionEvent('customer.subscription.created', {
        id,
        status: 'trialing',
        created: start,
        email: 'ada@example.com',
        trialStart: start,
        trialEnd: story.day(14),
      }),
    );
    story.incoming(start, 'customer.subscription.created', 'status trialing, trial of 14 days');
    await story.settle('the trial', 'trialing');
    await client.clock(id, { advance: 'P5D' });
    await story.command('cancel', { atPeriodEnd: true });
    await story.forward(20);
    await story.expectEmails('welcome', 'cancellation_scheduled', 'cancelled');
  },
};
