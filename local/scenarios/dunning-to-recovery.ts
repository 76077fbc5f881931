import type { Scenario } from './scenario.ts';
import { replaceCard, startTrial } from './self-mode.ts';

/** Self mode: a card that has no money today is tried again, and pays. */
export const dunningToRecovery: Scenario = {
  title: 'a renewal fails for want of money, is tried again after three days, and goes through',
  async play(story) {
    await startTrial(story, { days: 7 });
    await story.forward(8);
    await replaceCard(story, 'pm_card_failTwiceThenApprove');
    await story.settle('the new card', 'active');
    await story.forward(45);
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
