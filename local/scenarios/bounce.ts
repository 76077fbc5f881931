import type { Scenario } from './scenario.ts';
import { startTrial } from './self-mode.ts';

/** Self mode: the address of SES's simulator that takes nothing. */
export const bounce: Scenario = {
  title: 'the welcome bounces: nothing more is sent there, until there is another address',
  async play(story) {
    await startTrial(story, { days: 14, email: 'bounce@simulator.amazonses.com' });
    await story.until('email_feedback');
    await story.forward(8);
    await story.command('update-contact', { email: 'ada@example.com' });
    await story.forward(15);
    await story.expectEmails('welcome', 'trial_ending', 'converted');
  },
};
