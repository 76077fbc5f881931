import type { Happening } from './simulation.ts';
import type { Account } from './store.ts';
import type { Webhooks } from './webhooks.ts';

/** Says what has happened to subscriptions, and remembers having said it. */
export type Announce = (about: Account[], happenings: Happening[]) => Promise<void>;

/** While one of those that it is about is silent, what is said gets lost on the way. */
export const createAnnounce =
  (webhooks: Pick<Webhooks, 'send'>): Announce =>
  async (about, happenings) => {
    for (const happening of happenings) {
      const { type, created } = happening;
      for (const account of about) {
        account.created = Math.max(account.created, created);
        account.said.push({ type, created });
      }
      if (!about.some(({ isSilent }) => isSilent)) await webhooks.send(happening);
    }
  };
