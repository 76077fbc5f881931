import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineUpdate,
  executeChild,
  log,
  ParentClosePolicy,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

import * as activities from './activities.ts';
import { batchItem, reasonOf } from './batch-item.ts';
import { batchKey } from './domain/batch-item.ts';
import { chunkOf, CHUNK } from './domain/batch-records.ts';
import {
  beginBatch,
  cannotSteer,
  counted,
  isBatchOver,
  isExhausted,
  listed,
  mayBegin,
  nextRunOf,
  progressOf,
  steered,
  STEERINGS,
  viewOfBatch,
  type BatchInput,
  type BatchProgress,
  type BatchState,
  type Steering,
} from './domain/batch.ts';
import { FAILURES } from './domain/failures.ts';
import type { JobLine } from './domain/jobs.ts';
import { paced, waitFor, type Pace } from './domain/pace.ts';
import { fromMs, type Instant } from './domain/time.ts';
import { showJobStatus } from './job-status.ts';

const progressQuery = defineQuery<BatchProgress>('progress');

/** A run ends before its history has 2,000 events: each item takes three of them, and each task that it wakes three more. */
const MAX_EVENTS = 1900;
const EVENTS_OF_ITEM = 8;
/** Ended items from one look of the readers to the next. */
const SHOW_EVERY = 100;
/** Nothing that an item does takes so long; one that is stuck must not hold the batch for ever. */
const ITEM_TIMEOUT = '2 days';

/**
 * One thing done to many subscriptions, each by a workflow of its own, so that what becomes of one is nothing to the others.
 * A few are under way at a time; the list and the failures are in the records, and a run that has grown hands over to
 * the next with a few numbers.
 */
export async function batch(input: BatchInput): Promise<BatchProgress> {
  const story = new Batch(input);
  // Temporal's own cancellation is the same as ours: what has begun is finished, and the records say what was left.
  CancellationScope.current().cancelRequested.catch(() => story.cancel());
  return CancellationScope.nonCancellable(() => story.run());
}

/** What somebody who steers a batch may say. */
interface Said {
  reason?: string;
}

class Batch {
  readonly #input: BatchInput;
  #state: BatchState;
  #underWay = 0;
  #unshown = 0;
  #pace: Pace = { since: 0, begun: 0 };
  #chunk: { index: number; ids: string[] } | undefined;
  /** What is to be published goes one after the other. */
  #published: Promise<unknown> = Promise.resolve();

  constructor(input: BatchInput) {
    this.#input = input;
    this.#state = input.state ?? beginBatch();
    setHandler(progressQuery, () => progressOf(this.#state));
    for (const steering of STEERINGS) {
      setHandler(defineUpdate<void, [Said]>(steering), (said) => this.#steer(steering, said), {
        validator: (_said) => this.#validate(steering),
      });
    }
  }

  async run(): Promise<BatchProgress> {
    if (this.#state.total === undefined) await this.#drawUp();
    while (!this.#isAtRest()) await this.#goOn();
    await condition(() => this.#underWay === 0);
    if (!isExhausted(this.#state)) return this.#continueAsNew();
    return this.#conclude();
  }

  /** As somebody outside may cancel any workflow; nobody is refused there. */
  cancel(): void {
    if (cannotSteer(this.#state, 'cancel') !== undefined) return;
    void this.#steer('cancel');
  }

  /** Fixes once and for all what the batch is about. */
  async #drawUp(): Promise<void> {
    const { id, task, subscriptions, filter } = this.#input;
    await this.#change(this.#state, { type: 'requested' });
    const { total } = await activities.listItems({
      batch: id,
      task: task!,
      ...(subscriptions && { subscriptions }),
      ...(filter && { filter }),
    });
    await this.#change(listed(this.#state, total), { type: 'listed', total });
  }

  /** Whether nothing more begins in this run. */
  #isAtRest(): boolean {
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    const isLarge = historyLength + EVENTS_OF_ITEM * this.#underWay > MAX_EVENTS;
    return isExhausted(this.#state) || isLarge || continueAsNewSuggested;
  }

  /** Begins the next item, or waits for what keeps it from beginning. */
  async #goOn(): Promise<void> {
    const { concurrency, perSecond, id } = this.#input;
    if (!mayBegin(this.#state, this.#underWay, concurrency)) {
      await condition(() => mayBegin(this.#state, this.#underWay, concurrency) || this.#isAtRest());
      return;
    }
    const wait = perSecond === undefined ? 0 : waitFor(this.#pace, perSecond, Date.now());
    if (wait > 0) {
      await condition(() => isExhausted(this.#state), wait);
      return;
    }
    const { begun } = this.#state;
    if (this.#chunk?.index !== chunkOf(begun)) {
      const index = chunkOf(begun);
      this.#chunk = { index, ids: await activities.itemsAt({ batch: id, chunk: index }) };
      return;
    }
    this.#state = { ...this.#state, begun: begun + 1 };
    this.#pace = paced(this.#pace, Date.now());
    void this.#item(this.#chunk.ids[begun % CHUNK]!);
  }

  async #item(subscription: string): Promise<void> {
    this.#underWay += 1;
    const { id, isDryRun } = this.#input;
    const item = { batch: id, subscription, ...(isDryRun && { isDryRun }) };
    try {
      const outcome = await executeChild(batchItem, {
        workflowId: batchKey(item),
        args: [item],
        workflowExecutionTimeout: ITEM_TIMEOUT,
        // What has begun is finished, whatever becomes of the batch: half a change of plan helps nobody.
        parentClosePolicy: ParentClosePolicy.ABANDON,
      });
      this.#state = counted(this.#state, outcome);
    } catch (failure) {
      log.error('an item could not be worked on', { subscription, failure });
      const reason = reasonOf(failure);
      await activities.noteItem({ ...item, outcome: 'failed', reason, at: now() });
      this.#state = counted(this.#state, 'failed');
    }
    this.#underWay -= 1;
    this.#unshown += 1;
    if (this.#unshown >= SHOW_EVERY) await this.#change(this.#state);
  }

  #validate(steering: Steering): void {
    const refused = cannotSteer(this.#state, steering);
    if (refused !== undefined) throw ApplicationFailure.nonRetryable(refused, FAILURES.refused);
  }

  /** Answered once the records say so. */
  async #steer(steering: Steering, { reason }: Said = {}): Promise<void> {
    const next = steered(this.#state, steering);
    // Resumed before its list was drawn up, it is where it was.
    const isListed = next.total !== undefined;
    const state: BatchState =
      steering === 'resume' && !isListed ? { ...next, status: 'requested' } : next;
    const line = {
      type: steered(this.#state, steering).status,
      ...(reason !== undefined && { reason }),
    };
    await this.#change(state, steering === 'resume' ? { ...line, type: 'resumed' } : line);
  }

  async #conclude(): Promise<BatchProgress> {
    const { status, counts } = this.#state;
    const ended: BatchState = {
      ...this.#state,
      status: isBatchOver(this.#state) ? status : 'done',
      endedAt: now(),
    };
    const { left } = progressOf(ended);
    await this.#change(ended, { type: 'ended', ...counts, ...(left !== 0 && { left }) });
    await condition(allHandlersFinished);
    return progressOf(this.#state);
  }

  async #continueAsNew(): Promise<never> {
    await this.#change(this.#state);
    await condition(allHandlersFinished);
    return continueAsNew<typeof batch>(nextRunOf(this.#input, this.#state));
  }

  /** Makes a change at once, and returns when readers see it. */
  async #change(state: BatchState, line?: Omit<JobLine, 'at'>): Promise<void> {
    this.#state = { ...state, version: state.version + 1 };
    this.#unshown = 0;
    const view = viewOfBatch(this.#input, this.#state, now());
    const lines = line ? [{ ...line, at: now() } as JobLine] : [];
    showJobStatus('batch', this.#state.status);
    // Who steers it does so outside the scope in which it runs.
    const publish = (): Promise<unknown> =>
      CancellationScope.nonCancellable(() =>
        activities.publishJob({ change: { view, lines }, emails: [] }),
      );
    this.#published = this.#published.then(publish);
    await this.#published;
  }
}

const now = (): Instant => fromMs(Date.now());
