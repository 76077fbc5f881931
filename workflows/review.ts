import { defineSearchAttributeKey } from '@temporalio/common';
import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  setDefaultQueryHandler,
  setDefaultSignalHandler,
  setHandler,
  TimeoutFailure,
  upsertSearchAttributes,
} from '@temporalio/workflow';

import * as activities from './activities.ts';
import { SEARCH_ATTRIBUTES, type Updated } from './domain/contract.ts';
import { FAILURES } from './domain/failures.ts';
import type { JobLine, JobView } from './domain/jobs.ts';
import { JURORS, type Juror, type Vote } from './domain/jurors.ts';
import { jobStatus } from './domain/records.ts';
import {
  answered,
  closed,
  heard,
  NEW_REVIEW,
  unanswerable,
  viewOf,
  votesAsLines,
  type FeedbackRequest,
  type Review,
  type ReviewInput,
  type Step,
  type Verdict,
} from './domain/review.ts';
import { addDuration, fromMs, toMs, type Instant } from './domain/time.ts';

const feedbackSignal = defineSignal<[FeedbackRequest]>('submitStepFeedback');
const feedbackUpdate = defineUpdate<Updated, [FeedbackRequest]>('submitStepFeedback');
/** The same by the name that it has in the HTTP API. */
const httpUpdate = defineUpdate<Updated, [FeedbackRequest]>('submit-feedback');
const stateQuery = defineQuery<JobView>('state');
const waitingQuery = defineQuery<Step[]>('waiting');

const PATIENCE = 'PT1M';
const TIME_TO_RESPOND = 'P7D';
const statusKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.job, 'KEYWORD');

/** A disputed charge: a jury votes, in a tie people are asked, and there is a verdict in time whoever stays silent. */
export async function review(input: ReviewInput): Promise<Verdict> {
  return new Session(input).run();
}

class Session {
  readonly #input: ReviewInput;
  #review: Review = NEW_REVIEW;
  /** What has happened and is not in the records yet. */
  #lines: JobLine[] = [];
  #version = 0;
  #shown = '';

  constructor(input: ReviewInput) {
    this.#input = input;
    setHandler(waitingQuery, () => this.#review.waiting);
    setHandler(stateQuery, () => viewOf(input, this.#review, this.#version, now()));
    for (const update of [feedbackUpdate, httpUpdate]) {
      setHandler(update, (request) => this.#answer(request), {
        validator: ({ stepId }) => refuse(unanswerable(this.#review, stepId)),
      });
    }
    setHandler(feedbackSignal, (request) => {
      const reason = unanswerable(this.#review, request.stepId);
      if (reason === undefined) this.#take(request);
      else this.#note({ type: 'ignored', reason });
    });
    // What nobody here knows is not lost: somebody may have meant it.
    setDefaultSignalHandler((signal) => this.#note({ type: 'unknown_signal', signal }));
    setDefaultQueryHandler((query) => {
      throw new Error(`A review does not know the query "${query}"; it knows state and waiting.`);
    });
  }

  async run(): Promise<Verdict> {
    const { dispute, reason, jurors = JURORS } = this.#input;
    this.#note({ type: 'review_requested', dispute, ...(reason && { reason }) });
    await this.#publish();
    const votes = await Promise.all(jurors.map((juror) => this.#ask(juror)));
    this.#lines.push(...votesAsLines(votes, now()));
    this.#review = heard(votes);
    await this.#hearPeople();
    this.#note({ type: 'verdict', verdict: this.#review.verdict });
    await this.#publish();
    await condition(allHandlersFinished);
    return this.#review.verdict ?? 'undecided';
  }

  /** One vote, whatever becomes of the juror: who does not answer in time, or cannot, abstains. */
  async #ask(juror: Juror): Promise<Vote> {
    const { patience = PATIENCE } = this.#input;
    const judge = activities.judgeWithin(msOf(patience));
    try {
      return { juror, ...(await judge({ juror, dispute: this.#input })) };
    } catch (failure) {
      if (isCancellation(failure) || !(failure instanceof ActivityFailure)) throw failure;
      const isLate = failure.cause instanceof TimeoutFailure;
      const because = isLate ? 'no answer in time' : 'failed to answer';
      return { juror, opinion: 'abstain', because };
    }
  }

  /** As long as there is a tie, steps wait for people; until time is up. */
  async #hearPeople(): Promise<void> {
    const { requestedAt, respondBy = addDuration(requestedAt, TIME_TO_RESPOND) } = this.#input;
    let known: readonly Step[] = [];
    while (this.#review.verdict === undefined) {
      const { waiting } = this.#review;
      if (waiting.some(({ id }) => !known.some((step) => step.id === id))) {
        await this.#analyse();
        known = waiting;
        for (const { id } of waiting) this.#note({ type: 'step_waits', step: id });
      }
      await this.#publish();
      const left = toMs(respondBy) - Date.now();
      const isHeard = left > 0 && (await condition(() => this.#lines.length > 0, left));
      if (!isHeard) this.#review = closed(this.#review);
    }
  }

  /** Finds out for people what can be; without it they are asked all the same. */
  async #analyse(): Promise<void> {
    try {
      const analysis = await activities.analyse(this.#input);
      const { waiting } = this.#review;
      this.#review = { ...this.#review, waiting: waiting.map((step) => ({ ...step, analysis })) };
    } catch (failure) {
      if (isCancellation(failure) || !(failure instanceof ActivityFailure)) throw failure;
      this.#note({ type: 'analysis_failed' });
    }
  }

  /** Resolves once the answer is in the records. */
  async #answer(request: FeedbackRequest): Promise<Updated> {
    refuse(unanswerable(this.#review, request.stepId));
    this.#take(request);
    const version = this.#version + 1;
    await condition(() => this.#version >= version && this.#lines.length === 0);
    return { version: this.#version };
  }

  #take(request: FeedbackRequest): void {
    const { stepId: step, ...feedback } = request;
    this.#note({ type: 'feedback', step, ...feedback });
    this.#review = answered(this.#review, request);
  }

  #note(line: Omit<JobLine, 'at'> & { type: string }): void {
    this.#lines.push({ at: now(), ...line });
  }

  /** Writes what there is to write. */
  async #publish(): Promise<void> {
    while (this.#lines.length > 0) {
      const lines = this.#lines;
      this.#lines = [];
      const view = viewOf(this.#input, this.#review, this.#version + 1, now());
      await activities.publishJob({ change: { view, lines }, emails: [] });
      this.#version = view.version;
      this.#show(view);
    }
  }

  /** Each write of a search attribute is paid for. */
  #show({ status, endedAt }: JobView): void {
    const value = jobStatus('review', status);
    if (endedAt !== null || value === this.#shown) return;
    this.#shown = value;
    upsertSearchAttributes([{ key: statusKey, value }]);
  }
}

const now = (): Instant => fromMs(Date.now());

const msOf = (patience: string): number => toMs(addDuration(fromMs(0), patience));

function refuse(reason: string | undefined): void {
  if (reason !== undefined) throw ApplicationFailure.nonRetryable(reason, FAILURES.refused);
}
