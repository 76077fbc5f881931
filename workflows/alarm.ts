import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

import { toMs, type Instant } from './domain/time.ts';

/** One durable timer, which is started anew only when its instant changes, as every timer is paid for. */
export class Alarm {
  #at: Instant | undefined;
  #scope: CancellationScope | undefined;
  #rings = false;

  /** Whether the instant that it was set to has come. */
  get rings(): boolean {
    return this.#rings;
  }

  /** Sets it to ring at `at`, or never; it is silent until then. */
  set(at: Instant | undefined): void {
    if (at === this.#at && !this.#rings) return;
    this.#scope?.cancel();
    this.#at = at;
    this.#rings = false;
    this.#scope = at === undefined ? undefined : this.#start(at);
  }

  #start(at: Instant): CancellationScope {
    const scope = new CancellationScope();
    const wait = async (): Promise<void> => {
      await sleep(Math.max(toMs(at) - Date.now(), 1));
      this.#rings = true;
    };
    void scope.run(wait).catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
    return scope;
  }
}
