import type { Scenario } from './scenario.ts';
import { replaceCard, startTrial } from './self-mode.ts';

/** Self mode: a card that says no makes the subscription past due; a new one is charged at once. */
export const renewalDeclined: Scenario = {
  title: 'a renewal is declined, the customer is told, and a new card puts it right',
  async play(story) {
    await startTrial(story, { days: 7 });
    await story.forward(8);
    await replaceCard(story, 'pm_card_visa_chargeDeclined');
    await story.settle('the new card', 'active');
    await story.forward(40);
    await replaceCard(story, 'pm_card_visa');
    await story.settle('the recovery', 'active');
    await story.expectEmails(
      'welcome',
      'trial_ending',
      'converted',
      'payment_failed',
      'receipt',
      'recovered',
    );
  },
};
