import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';

import { until } from '../../local/until.ts';
import { STATE_QUERY, type StateQueryResult } from '../../workflows/domain/contract.ts';
import type { Projection } from '../../workflows/domain/projection.ts';
import { toMs, type Instant } from '../../workflows/domain/time.ts';

/**
 * Drives a workflow that waits for signals: asks it by query and never awaits its result, which on a time-skipping server
 * would let the time run on to whatever comes next while the signal is still on its way.
 */
export class Drive {
  readonly #env: TestWorkflowEnvironment;
  readonly #handle: WorkflowHandle;

  constructor(env: TestWorkflowEnvironment, handle: WorkflowHandle) {
    this.#env = env;
    this.#handle = handle;
  }

  /** What the workflow says of itself, once it is as `isRight` wants it; no time passes. */
  async until(what: string, isRight: (seen: Projection) => boolean): Promise<Projection> {
    return until(what, async () => {
      const seen = await this.#handle.query<StateQueryResult>(STATE_QUERY);
      return seen !== null && isRight(seen) && seen;
    });
  }

  /**
   * Lets time pass until `target`, from one due instant to the next: a single long sleep would run past several of them
   * before the workflow has dealt with the first.
   */
  async forwardTo(target: Instant): Promise<void> {
    for (;;) {
      const seen = await this.until('an answer', () => true);
      const next = seen.nextAction?.at;
      if (next === undefined || toMs(next) > toMs(target)) return this.#sleepUntil(target);
      await this.#sleepUntil(next);
      await this.until(`what was due at ${next}`, ({ version }) => version > seen.version);
    }
  }

  /** Lets a second pass between one look and the next, for what waits for a retry: less than a workflow task may take. */
  async patiently(what: string, isRight: (seen: Projection) => boolean): Promise<Projection> {
    return until(what, async () => {
      const seen = await this.#handle.query<StateQueryResult>(STATE_QUERY);
      if (seen !== null && isRight(seen)) return seen;
      await this.#env.sleep('1 second');
      return undefined;
    });
  }

  async #sleepUntil(instant: Instant): Promise<void> {
    const ms = toMs(instant) - (await this.#env.currentTimeMs());
    if (ms > 0) await this.#env.sleep(ms);
  }
}
