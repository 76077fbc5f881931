import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

import { toMs, type Instant } from './domain/time.ts';

/** One durable timer, which is set anew only when its instant changes, as every timer is paid for. */
export class Alarm {
  #at: Instant | undefined;
  #scope: CancellationScope | undefined;

  /** Rings at `at`, or never. */
  set(at: Instant | undefined): void {
    if (at === this.#at) return;
    this.#scope?.cancel();
    this.#at = at;
    this.#scope = undefined;
    if (at === undefined) return;
    const scope = new CancellationScope();
    this.#scope = scope;
    void scope
      .run(() => this.#wait(at))
      .catch((error: unknown) => {
        if (!isCancellation(error)) throw error;
      });
  }

  /** Whether the instant has come since the alarm was set. */
  get rings(): boolean {
    return this.#at === undefined && this.#scope !== undefined;
  }

  async #wait(at: Instant): Promise<void> {
    await sleep(Math.max(toMs(at) - Date.now(), 1));
    this.#at = undefined;
  }
}
