import type { Scenario } from './scenario.ts';
import { startTrial } from './self-mode.ts';

/** Self mode: welcome, seven days, "trial ending", one day, converted. */
export const eightDayTrial: Scenario = {
  title: 'welcome, seven days, a reminder, one day, and the first charge',
  async play(story) {
    await startTrial(story, { days: 8, policy: { trialReminders: ['P1D'] } });
    await story.forward(9);
    await story.expectEmails('welcome', 'trial_ending', 'converted');
  },
};
