import type { Command, Observation, Tombstone } from './commands.ts';
import type { DomainEvent } from './events.ts';
import type { Instant } from './time.ts';

/** One try at collecting one invoice. */
export interface Charge {
  /** When it fell due: the lifecycle instant of whatever comes of it. */
  at: Instant;
  /** The invoice of self mode is named by the start of the period it pays. */
  invoice: Instant;
  /** 1 for the first try. */
  attempt: number;
}

/** What has to be done in the world before the next decision; its answer comes back as an {@link Input}. */
export type Effect =
  | { type: 'find'; command: Command }
  /** `after` is the provider's event that made us ask. */
  | { type: 'fetch'; after?: Observation }
  | { type: 'cancel_at_provider'; command: Extract<Command, { type: 'cancel' }> }
  | { type: 'charge'; charge: Charge };

/** What follows from an input. `refused` says why a command was not obeyed. */
export interface Decision {
  events: DomainEvent[];
  effects: Effect[];
  /** The new values of the state's fields of these names. */
  asOf?: number;
  ahead?: boolean;
  refused?: string;
  /** The subscription had ended long ago: there is nothing to run. */
  tombstone?: Tombstone;
  /** Nobody knows the subscription (yet): the command has to wait for its start. */
  orphaned?: true;
}

/** A decision with these events and nothing else to do, unless `more` says so. */
export const decided = (
  events: DomainEvent[] = [],
  more: Partial<Omit<Decision, 'events'>> = {},
): Decision => ({ effects: [], ...more, events });
