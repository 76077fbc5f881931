import type { Scenario } from './scenario.ts';
import { MAX, startTrial } from './self-mode.ts';

/** Self mode: the rest of the month is paid for at once, to the cent that the preview has shown. */
export const upgrade: Scenario = {
  title: 'a larger plan in the middle of the month: what is left of the old one is credited',
  async play(story) {
    await startTrial(story, { days: 7 });
    await story.forward(20);
    const preview = await story.preview({ plan: MAX });
    await story.command('change-plan', { plan: MAX, prorateAt: preview.at });
    await story.forward(40);
    await story.expectEmails(
      'welcome',
      'trial_ending',
      'converted',
      'receipt',
      'plan_changed',
      'receipt',
    );
  },
};
