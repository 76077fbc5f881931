import type { Scenario } from './scenario.ts';
import { startTrial } from './self-mode.ts';

/** Self mode: who changes their mind goes on as before. */
export const cancelAndUncancel: Scenario = {
  title: 'a cancellation at the end of the month, undone a week later',
  async play(story) {
    await startTrial(story, { days: 7 });
    await story.forward(10);
    await story.command('cancel', { atPeriodEnd: true, reason: 'too expensive' });
    await story.forward(17);
    await story.command('uncancel', {});
    await story.forward(40);
    await story.expectEmails(
      'welcome',
      'trial_ending',
      'converted',
      'cancellation_scheduled',
      'cancellation_reversed',
      'receipt',
    );
  },
};
