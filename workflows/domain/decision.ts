import type { Command, NotPaid, Observation, Tombstone } from './commands.ts';
import type { EmailType } from './email-types.ts';
import type { DomainEvent } from './events.ts';
import type { Request } from './requests.ts';
import type { Money } from './state.ts';
import type { Instant } from './time.ts';

/** One try at collecting one invoice. */
export interface Charge {
  /** When it fell due: the lifecycle instant of whatever comes of it. */
  at: Instant;
  /** Names the invoice of self mode: the start of the period it pays, or the command that is paid for. */
  invoice: string;
  /** 1 for the first try. */
  attempt: number;
  amount: Money;
  /** What follows once it is paid; a decline then leaves everything as it was. Without it, it pays for a period. */
  purchase?: Purchase;
}

/** What somebody asked for and pays at once; the events say what has happened when it is paid. */
export interface Purchase {
  command: Command;
  events: DomainEvent[];
}

/** A request that the provider carries out first. */
export type ProviderRequest = Extract<
  Request,
  {
    type:
      | 'cancel'
      | 'uncancel'
      | 'pause'
      | 'resume'
      | 'change_plan'
      | 'change_quantity'
      | 'extend_trial'
      | 'end_trial'
      | 'update_contact';
  }
> & { eventId: string };

/** What was asked for beforehand and is carried out when its time comes. */
export type Plan = 'pause' | 'resume' | 'plan_change';

/** What has to be done in the world before the next decision; its answer comes back as an {@link Input}. */
export type Effect =
  | { type: 'find'; command: Command }
  /** `after` is the provider's event that made us ask. */
  | { type: 'fetch'; after?: Observation | NotPaid }
  /** `plan` when nobody has just asked for it, but it was to happen now. */
  | { type: 'ask_provider'; command: ProviderRequest; plan?: Plan }
  | { type: 'charge'; charge: Charge }
  /** Waits beside everything else until the customer has confirmed a payment, or has not; the answer is a command. */
  | { type: 'await_authentication'; charge: Charge; payment: string }
  | { type: 'look_around'; at: Instant }
  | { type: 'resend'; command: Command; email: EmailType };

/** What follows from an input. */
export interface Decision {
  events: DomainEvent[];
  effects: Effect[];
  /** The new values of the state's fields of these names. */
  asOf?: number;
  ahead?: boolean;
  customerAsOf?: number;
  paidAsOf?: number;
  apiVersion?: string;
  /** The id of a message that is still to come, and has been dealt with by this. */
  dealtWith?: string;
  refused?: Refusal;
  /** The subscription had ended long ago: there is nothing to run. */
  tombstone?: Tombstone;
  /** Nobody knows the subscription (yet): the command has to wait for its start. */
  orphaned?: true;
  /** Nobody will ever be able to apply the command, for this reason. */
  unusable?: string;
}

/** Why a command was not obeyed, in words for the one who sent it. */
export interface Refusal {
  reason: string;
  /** It makes no sense in any state, so it is the command that has to change. */
  isInvalid?: boolean;
}

/** A decision with these events and nothing else to do, unless `more` says so. */
export const decided = (
  events: DomainEvent[] = [],
  more: Partial<Omit<Decision, 'events'>> = {},
): Decision => ({ effects: [], ...more, events });
