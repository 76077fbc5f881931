import type { Scenario } from './scenario.ts';
import { startTrial } from './self-mode.ts';

/** Self mode: what was paid for and not used is credited. */
export const pauseAndResume: Scenario = {
  title: 'a pause of ten days in a paid month, which the next month costs less for',
  async play(story) {
    await startTrial(story, { days: 7 });
    await story.forward(17);
    await story.command('pause', {});
    await story.forward(27);
    await story.command('resume', { anchor: 'unchanged' });
    await story.forward(40);
    await story.expectEmails(
      'welcome',
      'trial_ending',
      'converted',
      'paused',
      'resumed',
      'receipt',
    );
  },
};
