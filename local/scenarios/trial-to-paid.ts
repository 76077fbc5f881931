import { subscriptionEvent } from '../stripe-events.ts';
import type { Scenario } from './scenario.ts';

/** Provider mode: one signed webhook begins it, and the simulated provider moves along with the clock. */
export const trialToPaid: Scenario = {
  title: 'a signed Stripe webhook becomes a trial, converts, renews for a year and ends',
  async play(story) {
    const { client, id, start } = story;
    const created = subscriptionEvent('customer.subscription.created', {
      id,
      status: 'trialing',
      created: start,
      email: 'ada@example.com',
      trialStart: start,
      trialEnd: story.day(14),
    });
    await client.postStripe(created);
    story.incoming(start, 'customer.subscription.created', 'status trialing, trial of 14 days');
    await story.settle('the trial', 'trialing');
    await story.forward(14 + 350);
    await story.command('cancel', { atPeriodEnd: true, reason: 'moving on' });
    await story.forward(14 + 380);
    await story.expectEmails(
      'welcome',
      'trial_ending',
      'trial_ending',
      'converted',
      ...Array.from({ length: 11 }, () => 'receipt'),
      'cancellation_scheduled',
      'cancelled',
    );
  },
};
