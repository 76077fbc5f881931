import type { Scenario } from './scenario.ts';
import { replaceCard, startTrial } from './self-mode.ts';

/** Self mode: retries after 3, 8, 15 and 21 days, mail on the way, access for a week, and then the end. */
export const dunningToCancellation: Scenario = {
  title: 'a card keeps saying no: three weeks of retries and mail, and then the end',
  async play(story) {
    await startTrial(story, { days: 7 });
    await story.forward(8);
    await replaceCard(story, 'pm_card_visa_chargeDeclinedInsufficientFunds');
    await story.settle('the new card', 'active');
    await story.forward(65);
    await story.expectEmails(
      'welcome',
      'trial_ending',
      'converted',
      'payment_failed',
      'payment_failed',
      'access_revoked',
      'payment_failed',
      'final_notice',
      'cancelled',
    );
  },
};
