import { subscriptionEvent } from '../stripe-events.ts';
import type { Scenario } from './scenario.ts';

/** Provider mode: every webhook about the end of the trial gets lost, and the workflow asks. */
export const lostWebhooks: Scenario = {
  title: 'the webhooks about the end of a trial get lost; two hours later we ask, and go on',
  async play(story) {
    const { client, provider, id, start } = story;
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
    await provider.silence(id, true);
    await story.forward(15);
    await provider.silence(id, false);
    await story.forward(50);
    await story.expectEmails('welcome', 'trial_ending', 'trial_ending', 'converted', 'receipt');
  },
};
