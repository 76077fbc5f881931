import type { Command } from './domain/commands.ts';
import { addDuration, toMs, type Instant } from './domain/time.ts';

/** How long a message waits for the start of its subscription; who sends it after the start has not long to wait. */
const PATIENCE = 'PT10S';
/** Of what the provider tells us about, it knows the start: its webhook is on the way, or must be sent again. */
const PROVIDER_PATIENCE = 'PT5M';

/** Commands about a subscription that nobody knows yet; each is asked about twice, when it comes and when time is up. */
export class Orphans {
  #waiting: Command[] = [];
  #until: Instant | undefined;
  readonly #lastCalled = new Set<string>();

  /** Until when the start may still come; undefined when nobody waits. */
  get until(): Instant | undefined {
    return this.#until;
  }

  /** Lets a command wait; false when it has waited long enough. */
  keep(command: Command, now: Instant): boolean {
    if (this.#lastCalled.has(command.eventId)) return false;
    const patience = command.created === undefined ? PATIENCE : PROVIDER_PATIENCE;
    const until = addDuration(now, patience);
    if (this.#until === undefined || toMs(until) > toMs(this.#until)) this.#until = until;
    this.#waiting.push(command);
    return true;
  }

  /** Hands out all that wait, for the last time. */
  callAll(): Command[] {
    const called = this.#waiting;
    for (const { eventId } of called) this.#lastCalled.add(eventId);
    this.#waiting = [];
    this.#until = undefined;
    return called;
  }
}
