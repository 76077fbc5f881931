import type { TestWorkflowEnvironment } from '@temporalio/testing';

import { until } from '../../local/until.ts';
import type { Projection } from '../../workflows/domain/projection.ts';
import { toMs, type Instant } from '../../workflows/domain/time.ts';
import type { FakeWorld } from './workflows.ts';

/**
 * Drives a workflow that waits for signals: watches what it publishes and never awaits its result, which on a time-skipping
 * server would let the time run on to whatever comes next while the signal is still on its way. (Nor does it ask by query:
 * one that meets a workflow task keeps that server's time from ever being skipped again.)
 */
export class Drive {
  readonly #env: TestWorkflowEnvironment;
  readonly #world: FakeWorld;
  readonly #id: string;

  constructor(env: TestWorkflowEnvironment, world: FakeWorld, id: string) {
    this.#env = env;
    this.#world = world;
    this.#id = id;
  }

  /** What the workflow has said of itself last, once it is as `isRight` wants it; no time passes. */
  async until(what: string, isRight: (seen: Projection) => boolean): Promise<Projection> {
    return until(what, () => this.#ifRight(isRight));
  }

  /**
   * Lets time pass until `target`, from one due instant to the next: a single long sleep would run past several of them
   * before the workflow has dealt with the first.
   */
  async forwardTo(target: Instant): Promise<void> {
    for (;;) {
      const seen = await this.until('anything', () => true);
      const next = seen.nextAction?.at;
      if (next === undefined || toMs(next) > toMs(target)) return this.#sleepUntil(target);
      await this.#sleepUntil(next);
      await this.until(`what was due at ${next}`, ({ version }) => version > seen.version);
    }
  }

  /** Lets a second pass between one look and the next, for what waits for a retry: less than a workflow task may take. */
  async patiently(what: string, isRight: (seen: Projection) => boolean): Promise<Projection> {
    return until(what, async () => {
      const seen = this.#ifRight(isRight);
      if (seen === undefined) await this.#env.sleep('1 second');
      return seen;
    });
  }

  #ifRight(isRight: (seen: Projection) => boolean): Projection | undefined {
    const all = this.#world.publications.map(({ change }) => change.projection);
    const seen = all.findLast(({ id }) => id === this.#id);
    return seen !== undefined && isRight(seen) ? seen : undefined;
  }

  async #sleepUntil(instant: Instant): Promise<void> {
    const ms = toMs(instant) - (await this.#env.currentTimeMs());
    if (ms > 0) await this.#env.sleep(ms);
  }
}
