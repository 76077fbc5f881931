import { CancellationScope, condition, log, sleep } from '@temporalio/workflow';

import * as activities from './activities.ts';
import { stillHolds, type Email } from './domain/emails.ts';
import type { State } from './domain/state.ts';
import { toMs } from './domain/time.ts';
import type { Left } from './publish.ts';

/**
 * What goes on beside the life of a subscription and does not hold it up: mail that has to wait, listeners that cannot be
 * reached. Only the end of a run waits for it.
 */
export class Besides {
  readonly #subscription: string;
  #underWay = 0;
  #isDelivering = false;
  #isBehind = false;

  constructor(subscription: string) {
    this.#subscription = subscription;
  }

  get isQuiet(): boolean {
    return this.#underWay === 0;
  }

  /** Does what making a change known has left: mail is tried again, or kept for as long as it has to wait. */
  take({ held, unsent, isUntold }: Left, state: () => State | undefined): void {
    this.#sendLater(unsent, state);
    for (const email of held) this.#holdBack(email, state);
    if (isUntold) this.#deliver();
  }

  /** Tries mail again that could not go out at once, as long as it says what is true. */
  #sendLater(emails: Email[], state: () => State | undefined): void {
    if (emails.length === 0) return;
    const isTrue = (email: Email): boolean => {
      const now = state();
      return now !== undefined && stillHolds(email, now);
    };
    this.#go('mail was not sent', async () => {
      let left = emails;
      while (left.length > 0 && !(await isSent(left, () => !left.every(isTrue)))) {
        left = left.filter(isTrue);
      }
    });
  }

  /** Tries again to send an e-mail that somebody has asked for. */
  resendLater(request: activities.Resending): void {
    this.#go('mail was not sent', () => activities.resendLater(request));
  }

  /** Keeps mail until the end of quiet hours; by then it may no longer say what is true. */
  #holdBack(email: Email, state: () => State | undefined): void {
    this.#go('mail was not sent', async () => {
      await sleep(Math.max(toMs(email.notBefore!) - Date.now(), 1));
      const now = state();
      if (now && stillHolds(email, now)) {
        await activities.sendEmails([{ ...email, to: now.customer }]);
      }
    });
  }

  /** Tells listeners what they have missed. One delivery at a time keeps the order. */
  #deliver(): void {
    this.#isBehind = true;
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    this.#go('events were not delivered', async () => {
      try {
        while (this.#isBehind) {
          this.#isBehind = false;
          await activities.deliverEvents(this.#subscription).catch((failure: unknown) => {
            // What has come meanwhile is worth a try of its own.
            if (!this.#isBehind) throw failure;
          });
        }
      } finally {
        this.#isDelivering = false;
      }
    });
  }

  #go(complaint: string, work: () => Promise<unknown>): void {
    this.#underWay += 1;
    void work()
      .catch((failure: unknown) => log.error(complaint, { failure }))
      .finally(() => (this.#underWay -= 1));
  }
}

/** Sends mail, for as long as it takes; false when it was called off. */
async function isSent(emails: Email[], isOff: () => boolean): Promise<boolean> {
  const scope = new CancellationScope();
  try {
    return await scope.run(() =>
      Promise.race([
        activities.sendEmails(emails).then(() => true),
        condition(isOff).then(() => false),
      ]),
    );
  } finally {
    scope.cancel();
  }
}
