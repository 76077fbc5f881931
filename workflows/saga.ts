import { ActivityFailure, TemporalFailure } from '@temporalio/workflow';

/** One thing that may have to be undone. */
interface Compensation<Step> {
  step: Step;
  undo: () => Promise<object>;
}

/** What became of undoing one thing: what came of it, or why it could not be. */
export type Undone = { done: object } | { failure: string };

/**
 * What is to be undone when something further on fails. A compensation is registered before the act itself, of which it may
 * never be known whether it was done, and so has to bear that there is nothing to undo.
 */
export class Saga<Step> {
  readonly #compensations: Compensation<Step>[] = [];

  register(step: Step, undo: () => Promise<object>): void {
    this.#compensations.push({ step, undo });
  }

  /** Undoes the last thing first. One that cannot be undone is told of, and does not stop the others. */
  async compensate(tell: (step: Step, undone: Undone) => Promise<void>): Promise<void> {
    for (let next = this.#compensations.pop(); next; next = this.#compensations.pop()) {
      await tell(next.step, await outcomeOf(next));
    }
  }
}

async function outcomeOf({ undo }: Compensation<unknown>): Promise<Undone> {
  try {
    return { done: await undo() };
  } catch (failure) {
    // Everything else is a mistake in the workflow's own code, which is mended and run again.
    if (!(failure instanceof TemporalFailure)) throw failure;
    return { failure: wordsOf(failure) };
  }
}

/** The failure of an activity says only that it has failed; what it wraps says why. */
export const wordsOf = (failure: TemporalFailure): string =>
  (failure instanceof ActivityFailure ? failure.cause?.message : undefined) ?? failure.message;
