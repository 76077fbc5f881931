import type { Scenario } from './scenario.ts';
import { replaceCard, startTrial } from './self-mode.ts';

/** Self mode: the bank wants to hear from the customer before it pays. */
export const confirmedPayment: Scenario = {
  title: 'a renewal has to be confirmed with the bank, and is, two days later',
  async play(story) {
    await startTrial(story, { days: 7 });
    await story.forward(8);
    await replaceCard(story, 'pm_card_authenticationRequired');
    await story.settle('the new card', 'active');
    await story.forward(39);
    await story.confirmPayment();
    await story.settle('the payment', 'active');
    await story.expectEmails(
      'welcome',
      'trial_ending',
      'converted',
      'payment_action_required',
      'receipt',
      'recovered',
    );
  },
};
