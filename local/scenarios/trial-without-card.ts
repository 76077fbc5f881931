import type { Scenario } from './scenario.ts';
import { replaceCard, startTrial } from './self-mode.ts';

/** Self mode: nothing to charge at the end of the trial, so it waits for a card. */
export const trialWithoutCard: Scenario = {
  title: 'a trial without a card pauses at its end, and goes on once there is one',
  async play(story) {
    await startTrial(story, {
      days: 14,
      paymentMethod: null,
      policy: { trialWithoutPaymentMethod: 'pause' },
    });
    await story.forward(20);
    await replaceCard(story, 'pm_card_visa');
    await story.settle('the card', 'paused');
    await story.command('resume', {});
    await story.expectEmails(
      'welcome',
      'trial_ending',
      'trial_ending',
      'trial_expired',
      'converted',
    );
  },
};
