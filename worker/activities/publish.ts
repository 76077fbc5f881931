import { log } from '@temporalio/activity';

import type { PublishActivities } from '../../workflows/activities.ts';
import type { Email } from '../../workflows/domain/emails.ts';
import type { Post } from '../email/post.ts';
import type { Herald } from '../events/herald.ts';
import type { SaveChange } from './records.ts';

/**
 * Mail that is not begun within this time, of all that publishing takes, is left for later: what is begun has to end, however
 * slow the mail server is, before the activity is given up and tried again beside it.
 */
const BEGIN_WITHIN_MS = 5000;

/** Makes a change known: to readers first, then to listeners and to the customer, who do not wait for one another. */
export function createPublishActivities(
  save: SaveChange,
  post: Post,
  herald: Herald,
): Pick<PublishActivities, 'publish' | 'sendEmails' | 'deliverEvents'> {
  return {
    async publish({ change, emails }) {
      const until = Date.now() + BEGIN_WITHIN_MS;
      await save(change);
      const [told, posted] = await Promise.allSettled([
        herald.tell(change),
        postInTime(post, emails, until),
      ]);
      if (told.status === 'rejected') throw told.reason;
      if (posted.status === 'rejected') throw posted.reason;
      const unsent = posted.value;
      return { ...(unsent.length > 0 && { emails: unsent }), ...(!told.value && { events: true }) };
    },
    async sendEmails(emails) {
      for (const email of emails) await post(email);
    },
    async deliverEvents(subscription) {
      await herald.catchUp(subscription);
    },
  };
}

/** Answers with the keys of what could not go out. */
export async function postInTime(
  post: Post,
  emails: Email[],
  until = Date.now() + BEGIN_WITHIN_MS,
): Promise<string[]> {
  const unsent: string[] = [];
  for (const email of emails) {
    if (Date.now() > until || !(await isPosted(post, email))) unsent.push(email.key);
  }
  return unsent;
}

async function isPosted(post: Post, email: Email): Promise<boolean> {
  try {
    await post(email);
    return true;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    log.warn('e-mail has to wait', { key: email.key, reason });
    return false;
  }
}
