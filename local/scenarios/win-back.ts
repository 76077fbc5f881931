import type { Scenario } from './scenario.ts';
import { startTrial } from './self-mode.ts';

/** Self mode: only who agreed to promotional mail is invited, and can have it stopped with one click. */
export const winBack: Scenario = {
  title: 'a customer who left is invited back after a week, and wants no more of it',
  async play(story) {
    await startTrial(story, { days: 7, marketing: true });
    await story.forward(10);
    await story.command('cancel', { reason: 'no time' });
    await story.forward(20);
    await story.unsubscribe();
    await story.forward(50);
    await story.expectEmails('welcome', 'trial_ending', 'converted', 'cancelled', 'win_back');
  },
};
