import {
  allHandlersFinished,
  CancellationScope,
  condition,
  currentUpdateInfo,
  defineQuery,
  defineSignal,
  defineUpdate,
  makeContinueAsNewFunc,
  setHandler,
  sleep,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';

import * as activities from './activities.ts';
import { Alarm } from './alarm.ts';
import { Besides } from './besides.ts';
import { chargeDue, chargeKey } from './domain/collect.ts';
import type { Command, Input } from './domain/commands.ts';
import { conclude } from './domain/conclude.ts';
import {
  COMMAND_SIGNAL,
  EXPORT_QUERY,
  STATE_QUERY,
  workflowFor,
  type ExportQueryResult,
  type LifecycleInput,
  type LifecycleWorkflow,
  type RequestUpdate,
  type StateQueryResult,
  type Updated,
} from './domain/contract.ts';
import type { Effect, Refusal } from './domain/decision.ts';
import { due } from './domain/due.ts';
import type { Email } from './domain/emails.ts';
import type { DomainEvent } from './domain/events.ts';
import { wasSeen } from './domain/fingerprint.ts';
import type { Policy } from './domain/policy.ts';
import { project } from './domain/projection.ts';
import { refusal } from './domain/refuse.ts';
import { REQUEST_TYPES } from './domain/requests.ts';
import { hasEnded, type State } from './domain/state.ts';
import { fromMs, isDue, type Instant } from './domain/time.ts';
import { Inbox, type Message } from './inbox.ts';
import { Orphans } from './orphans.ts';
import { perform } from './perform.ts';
import { publish } from './publish.ts';
import { asFailure, outdated } from './refusals.ts';
import { Run } from './run.ts';
import { searchAttributesOf, showStatus } from './search-attributes.ts';

const commandSignal = defineSignal<[Command]>(COMMAND_SIGNAL);
const stateQuery = defineQuery<StateQueryResult>(STATE_QUERY);
const exportQuery = defineQuery<ExportQueryResult>(EXPORT_QUERY);

/**
 * The life of one subscription: waits for the next message or the next due instant, lets the domain decide, performs what
 * it asks for, writes the records, sends the mail, and waits again. A subscription is cancelled by a command; Temporal's own
 * cancellation, which would end it without a trace, is not listened to. Nor does a failure end it: an activity that somebody
 * has given up for good fails the task at hand, which keeps what is known and what comes until it is reset or mended.
 */
export async function lifecycle(input: LifecycleInput): Promise<void> {
  try {
    await CancellationScope.nonCancellable(() => new Lifecycle(input).run());
  } catch (error) {
    if (!(error instanceof TemporalFailure)) throw error;
    throw new Error(`a subscription does not end by a failure: ${error.message}`, { cause: error });
  }
}

class Lifecycle {
  readonly #input: LifecycleInput;
  readonly #inbox: Inbox;
  readonly #alarm = new Alarm();
  #state: State | undefined;
  readonly #orphans = new Orphans();
  /** The subscription had ended before this run began, or does not exist. */
  #isBuried = false;
  readonly #run = new Run();
  readonly #besides: Besides;

  constructor(input: LifecycleInput) {
    this.#input = input;
    this.#besides = new Besides(input.id);
    this.#state = input.state;
    this.#inbox = new Inbox(input.inbox);
    // Without an argument it is a command like any other that makes no sense.
    setHandler(commandSignal, (command: Command | null | undefined) =>
      this.#inbox.push(command ?? ({} as Command)),
    );
    setHandler(stateQuery, () => (this.#state ? project(this.#state, now()) : null));
    setHandler(exportQuery, () => this.#state ?? null);
    for (const type of REQUEST_TYPES) {
      const update = defineUpdate<Updated, [RequestUpdate]>(type);
      setHandler(update, (request) => this.#update(request), {
        validator: (request) => this.#validate(request),
      });
    }
  }

  async run(): Promise<void> {
    await condition(() => !this.#inbox.isEmpty || this.#state !== undefined);
    for (;;) {
      if (this.#isOutgrown() && this.#canMove()) await this.#continueAsNew();
      const next = this.#nextDue();
      const isOverdue = next !== undefined && isDue(next, now());
      if (!this.#inbox.isEmpty && !(isOverdue && (await this.#hasBegun()))) {
        await this.#obey(this.#inbox.shift());
      } else if (isOverdue) await this.#whatIsDue();
      else if (this.#isOver()) {
        if (await this.#isSettled()) return;
      } else if (this.#isMisplaced()) {
        if (await this.#isSettled()) await this.#continueAsNew();
      } else {
        await this.#news();
      }
    }
  }

  #nextDue(): Instant | undefined {
    return this.#state ? due(this.#state, now())?.at : this.#orphans.until;
  }

  async #news(isEnough: () => boolean = () => false): Promise<void> {
    this.#alarm.set(this.#nextDue());
    await condition(() => !this.#inbox.isEmpty || this.#alarm.rings || isEnough());
  }

  /** Whether nobody waits for an answer and nothing goes on beside. */
  #isQuiet(): boolean {
    return allHandlersFinished() && this.#besides.isQuiet;
  }

  /**
   * Waits until the run may end; false when news came first. A task that ends a run fails when a message has come meanwhile,
   * and is run again, on what is known by then. Records and mail have keys, and are written again as if nothing had been; but
   * a charge must not be decided upon anew, nor what somebody was told. So a timer puts an end to such a task before.
   */
  async #isSettled(): Promise<boolean> {
    if (!this.#isQuiet()) await this.#news(() => this.#isQuiet());
    if (this.#run.hasActed) await sleep(1);
    return this.#inbox.isEmpty && this.#isQuiet() && !this.#run.hasActed;
  }

  #isOver(): boolean {
    return this.#state === undefined
      ? this.#isBuried && this.#orphans.until === undefined
      : hasEnded(this.#state) && this.#nextDue() === undefined;
  }

  /** Whether the other workflow is the one for this status. */
  #isMisplaced(): boolean {
    return this.#state !== undefined && this.#isOfOtherType(workflowFor(this.#state.status));
  }

  #isOfOtherType(type: LifecycleWorkflow): boolean {
    return workflowInfo().workflowType !== type;
  }

  /** Whether it is time for another run: for its size, or as the end of a trial is the first act of the other workflow. */
  #isOutgrown(): boolean {
    if (this.#state === undefined) return false;
    const endsTrial =
      this.#isOfOtherType('subscription') && chargeDue(this.#state, now()) !== undefined;
    return this.#run.isLarge || endsTrial;
  }

  /** Whether the run may end at once and leave its inbox to the next: nobody waits for an answer. */
  #canMove(): boolean {
    return !this.#run.hasActed && this.#isQuiet();
  }

  async #continueAsNew(): Promise<void> {
    const state = this.#state!;
    const isCharged = chargeDue(state, now()) !== undefined;
    // Each change of search attributes is paid for, so they say at once what a charge is expected to lead to.
    const status = isCharged ? 'active' : state.status;
    const next = makeContinueAsNewFunc({
      workflowType: workflowFor(status),
      typedSearchAttributes: searchAttributesOf({ ...state, status }),
    });
    const { commands: inbox } = this.#inbox;
    await next({ id: this.#input.id, state, ...(inbox.length > 0 && { inbox }) });
  }

  /**
   * Whether the charge that is due was begun by a task that did not come to its end. Messages come before what is due, so
   * that who has cancelled in time is not charged; but one that came after a charge must not undo what the customer paid for.
   */
  async #hasBegun(): Promise<boolean> {
    const wanted = this.#state && chargeDue(this.#state, now());
    if (wanted === undefined) return false;
    const { id } = this.#input;
    return activities.wasCharged({ subscription: id, key: chargeKey(id, wanted) });
  }

  async #obey(message: Message): Promise<void> {
    const { command, done } = message;
    const before = this.#state;
    try {
      const failure = this.#isOutdated(message)
        ? outdated(message.ifVersion, this.#state?.version)
        : asFailure(await this.#conclude({ type: 'command', command }, message));
      done?.(failure);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      // The domain cannot make sense of it, or of what came of it: that must not keep the subscription from everything else.
      this.#state = before;
      const reason = `it cannot be applied: ${error.message}`;
      if (done) done(asFailure({ reason, isInvalid: true }));
      else await activities.deadLetter({ subscription: this.#input.id, command, reason });
      this.#isBuried = this.#state === undefined;
    }
  }

  async #whatIsDue(): Promise<void> {
    if (this.#state !== undefined) await this.#conclude({ type: 'due' });
    else this.#callOrphans();
  }

  /** Takes an input to its end and makes known what came of it; answers with the reason when it was refused. */
  async #conclude(input: Input, message?: Message): Promise<Refusal | undefined> {
    const { id, policy } = this.#input;
    const before = this.#state;
    const push = (command: Command): void => this.#inbox.push(command);
    const around = { id, now, push, besides: this.#besides };
    const outcome = await conclude(
      id,
      before,
      withPolicy(input, policy),
      now,
      (effect, current) => {
        const asked = perform(around, input, current, effect);
        return changesTheWorld(effect) ? this.#run.act(asked) : asked;
      },
      message?.done !== undefined,
    );
    const { state, events, emails, refused, tombstone, orphaned, unusable } = outcome;
    if (tombstone && message) await this.#bury(message.command);
    if (orphaned && message) await this.#keepOrphan(message.command);
    if (unusable !== undefined && message) await this.#discard(message.command, unusable);
    this.#state =
      before === undefined && state ? { ...state, policy: state.policy ?? policy } : state;
    if (this.#state && events.length > 0) {
      const isWaitedFor = message?.done !== undefined && refused === undefined;
      const request = isWaitedFor ? message.command : undefined;
      const published = this.#publish(this.#state, events, emails, request);
      await (isWaitedFor ? this.#run.act(published) : published);
    }
    return refused;
  }

  async #publish(
    state: State,
    events: DomainEvent[],
    emails: Email[],
    request: Command | undefined,
  ): Promise<void> {
    const left = await publish(state, events, emails, request, now());
    // What has ended is no longer among the running, and the next run begins with attributes of its own.
    if (!this.#isOver() && !this.#isMisplaced()) showStatus(state);
    this.#besides.take(left, () => this.#state);
    if (events.some(({ type }) => type === 'renewed')) this.#run.renew();
    this.#callOrphans();
  }

  async #bury({ eventId }: Command): Promise<void> {
    this.#isBuried = true;
    const reason = 'the subscription has ended';
    await activities.noteIgnored({ subscription: this.#input.id, eventId, reason, at: now() });
  }

  async #keepOrphan(command: Command): Promise<void> {
    if (this.#orphans.keep(command, now())) return;
    await this.#discard(command, 'unknown subscription: neither a start nor the provider knows it');
  }

  /** Hands back a command that there is nothing to apply to. */
  async #discard(command: Command, reason: string): Promise<void> {
    await activities.deadLetter({ subscription: this.#input.id, command, reason });
    this.#isBuried = true;
  }

  #callOrphans(): void {
    this.#inbox.unshift(this.#orphans.callAll());
  }

  #isOutdated({ command, ifVersion }: Message): boolean {
    if (ifVersion === undefined || this.#state === undefined) return false;
    return this.#state.version !== ifVersion && !wasSeen(this.#state.seen, command.eventId);
  }

  /** Refuses what cannot be obeyed now, without leaving a trace in the history. */
  #validate({ ifVersion, ...request }: RequestUpdate): void {
    const { id: eventId } = currentUpdateInfo()!;
    if (this.#state === undefined) {
      throw asFailure({ reason: 'The subscription has not started yet.' })!;
    }
    if (wasSeen(this.#state.seen, eventId)) return;
    if (this.#isOutdated({ command: { ...request, eventId }, ifVersion })) {
      throw outdated(ifVersion, this.#state.version);
    }
    const failure = asFailure(refusal(this.#state, request, now()));
    if (failure) throw failure;
  }

  /** Resolves once everything that follows from the command is recorded. Requests are obeyed one after the other. */
  async #update({ ifVersion, ...request }: RequestUpdate): Promise<Updated> {
    const { id: eventId } = currentUpdateInfo()!;
    await this.#inbox.ask({ ...request, eventId }, ifVersion);
    return { version: this.#state?.version ?? 0 };
  }
}

/** What is only asked can be asked again; what is done in the world cannot be decided upon anew. */
const changesTheWorld = ({ type }: Effect): boolean => type === 'charge' || type === 'ask_provider';

/** A subscription begins with the merchant's choices, of which its start may override some. */
function withPolicy(input: Input, policy: Policy | undefined): Input {
  if (input.type !== 'command' || policy === undefined) return input;
  const { command } = input;
  return command.type === 'start' || command.type === 'import'
    ? { ...input, command: { ...command, policy: { ...policy, ...command.policy } } }
    : input;
}

const now = (): Instant => fromMs(Date.now());
