import { workflowInfo } from '@temporalio/workflow';

/**
 * Open history is what Temporal Cloud charges most for, so runs end at renewals once they have grown by this many bytes: at
 * once where the provider has told of the renewal, and at the next wake where this workflow has charged for it.
 */
const RENEWAL_GROWTH_BYTES = { told: 900, charged: 2200 };
/** Whatever it did, a run that has grown by this many bytes ends. */
const MAX_GROWTH_BYTES = 20_000;

/** What a run of a workflow remembers of itself: how it has grown, and what its task at hand has done. */
export class Run {
  readonly #firstSize = workflowInfo().historySize;
  /** Length of the history at the last renewal. */
  #renewedAt: number | undefined;
  #actedAt = -1;

  /** Does what must not be decided upon anew, and remembers that this task has done so. */
  async act<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } finally {
      this.#actedAt = workflowInfo().historyLength;
    }
  }

  /** Whether the task at hand has done what must not be decided upon anew. */
  get hasActed(): boolean {
    return this.#actedAt === workflowInfo().historyLength;
  }

  /** Remembers that this task has seen a renewal. */
  renew(): void {
    this.#renewedAt = workflowInfo().historyLength;
  }

  /** Whether it is large enough for another run to begin. */
  get isLarge(): boolean {
    const { historySize, continueAsNewSuggested } = workflowInfo();
    return historySize - this.#firstSize > this.#growthAllowed() || continueAsNewSuggested;
  }

  #growthAllowed(): number {
    if (this.#renewedAt === undefined) return MAX_GROWTH_BYTES;
    const { told, charged } = RENEWAL_GROWTH_BYTES;
    return this.#renewedAt === workflowInfo().historyLength ? told : charged;
  }
}
