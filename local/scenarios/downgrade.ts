import type { Scenario } from './scenario.ts';
import { BASIC, startTrial } from './self-mode.ts';

/** Self mode: the smaller plan begins when the month that is paid for is over. */
export const downgrade: Scenario = {
  title: 'a smaller plan from the next month on',
  async play(story) {
    await startTrial(story, { days: 7 });
    await story.forward(20);
    await story.command('change-plan', { plan: BASIC, atPeriodEnd: true });
    await story.forward(40);
    await story.expectEmails(
      'welcome',
      'trial_ending',
      'converted',
      'plan_changed',
      'plan_changed',
      'receipt',
    );
  },
};
