import { defineSearchAttributeKey } from '@temporalio/common';
import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  log,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';

import * as activities from './activities.ts';
import {
  begin,
  changeOf,
  DECISIONS,
  nextDue,
  refusal,
  settle,
  STATUS_QUERY,
  viewOf,
  whatIsDue,
  withOutcome,
  type ApprovalAction,
  type ApprovalInput,
  type Decision,
  type Statement,
  type Step,
} from './domain/approval.ts';
import { SEARCH_ATTRIBUTES, type Updated } from './domain/contract.ts';
import type { Email } from './domain/emails.ts';
import { FAILURES } from './domain/failures.ts';
import type { JobView } from './domain/jobs.ts';
import { jobStatus } from './domain/records.ts';
import { fromMs, isDue, toMs, type Instant } from './domain/time.ts';

const statusQuery = defineQuery<JobView>(STATUS_QUERY);
const jobStatusKey = defineSearchAttributeKey(SEARCH_ATTRIBUTES.job, 'KEYWORD');

/** A decision, and who waits for what comes of it when it came by update. */
interface Message {
  decision: Decision;
  done?: (ignored: string | undefined) => void;
}

/**
 * Waits for a person to decide: reminds, asks the next one when the limit passes, and ends when somebody has decided or
 * nobody has. It is ended by people or by time; Temporal's own cancellation, which would tell nobody, is not listened to.
 */
export async function approval(input: ApprovalInput): Promise<JobView> {
  return CancellationScope.nonCancellable(() => new Approval(input).run());
}

class Approval {
  readonly #inbox: Message[] = [];
  readonly #first: Step;
  #state: Step['state'];
  #unsent = 0;

  constructor(input: ApprovalInput) {
    this.#first = begin(input, now());
    this.#state = this.#first.state;
    setHandler(statusQuery, () => viewOf(this.#state));
    for (const [name, decision] of Object.entries(DECISIONS)) {
      setHandler(defineSignal<[Statement]>(name), (said) => {
        this.#inbox.push({ decision: { ...said, decision } });
      });
      setHandler(
        defineUpdate<Updated, [Statement]>(name),
        (said) => this.#update({ ...said, decision }),
        { validator: (said) => this.#validate({ ...said, decision }) },
      );
    }
  }

  async run(): Promise<JobView> {
    await this.#take(this.#first);
    for (;;) {
      const due = nextDue(this.#state);
      // Who has decided before anybody noticed that the time is up has decided in time.
      const message = this.#inbox.shift();
      if (message) await this.#settle(message);
      else if (due === undefined) {
        if (await this.#isSettled()) return viewOf(this.#state);
      } else if (isDue(due, now())) await this.#take(whatIsDue(this.#state, now()));
      else await condition(() => this.#inbox.length > 0, Math.max(toMs(due) - Date.now(), 1));
    }
  }

  /** The first decision counts; what comes of it is recorded before its sender is answered. */
  async #settle({ decision, done }: Message): Promise<void> {
    const ignored = refusal(this.#state, decision);
    const step = settle(this.#state, decision, now());
    const { action } = step.state.request;
    const isApproved = ignored === undefined && decision.decision === 'approved';
    await this.#take(isApproved && action ? withOutcome(step, await onApproved(action)) : step);
    done?.(ignored);
  }

  async #take(step: Step): Promise<void> {
    const before = this.#state.status;
    this.#state = step.state;
    const { status } = step.state;
    if (status !== before) {
      upsertSearchAttributes([{ key: jobStatusKey, value: jobStatus('approval', status) }]);
    }
    const { emails = [] } = await activities.publishForGood({
      change: changeOf(step),
      emails: step.emails,
    });
    this.#sendLater(step.emails.filter(({ key }) => emails.includes(key)));
  }

  /** Mail that could not go out at once holds up nothing but the end. */
  #sendLater(emails: Email[]): void {
    if (emails.length === 0) return;
    this.#unsent += 1;
    void activities
      .sendEmails(emails)
      .catch((failure: unknown) => log.error('mail was not sent', { failure }))
      .finally(() => (this.#unsent -= 1));
  }

  /** Waits until the run may end; false when somebody has decided once more meanwhile. */
  async #isSettled(): Promise<boolean> {
    const isQuiet = (): boolean => allHandlersFinished() && this.#unsent === 0;
    await condition(() => this.#inbox.length > 0 || isQuiet());
    return this.#inbox.length === 0;
  }

  /** Refuses what does not count, without leaving a trace in the history. */
  #validate(decision: Decision): void {
    const ignored = refusal(this.#state, decision);
    if (ignored !== undefined) throw refused(ignored);
  }

  async #update(decision: Decision): Promise<Updated> {
    const ignored = await new Promise<string | undefined>((done) => {
      this.#inbox.push({ decision, done });
    });
    if (ignored !== undefined) throw refused(ignored);
    return { version: this.#state.version };
  }
}

/**
 * Where what has been approved is to be carried out, by a signal to its subscription; so far it is noted for whoever does
 * that by hand. It runs before the decision is published, so that its outcome is told along with it.
 */
async function onApproved(action: ApprovalAction): Promise<string> {
  log.info('approved', { type: action.type, subscription: action.subscription });
  return 'noted';
}

const now = (): Instant => fromMs(Date.now());

const refused = (reason: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(reason, FAILURES.refused);
