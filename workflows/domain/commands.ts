import type { Period } from './calendar.ts';
import type { Charge } from './decision.ts';
import type { ChargeResult, Invoice, ProviderSubscription } from './provider.ts';
import type { Collection, Customer, Plan, Policy } from './state.ts';
import type { Instant } from './time.ts';

/**
 * What a message may ask of a subscription. `eventId` names the message, so that it is applied once; `created` is the
 * provider's own time of its event in Unix seconds, which orders the provider's events among themselves and nothing else.
 */
export type Command = { eventId: string; created?: number } & (
  | ({ type: 'start'; at: Instant } & StartRequest)
  | { type: 'observe'; created: number; subscription: ProviderSubscription }
  | { type: 'invoice_paid'; invoice: Invoice }
  | { type: 'invoice_failed'; invoice: Invoice; attempt: number; code?: string }
  | { type: 'update_customer'; customer: Partial<Customer> }
  | { type: 'update_payment_method'; paymentMethod: string }
  | ({ type: 'cancel' } & CancelRequest)
  | { type: 'end'; at: Instant; reason?: string }
  | { type: 'attach_clock'; clock: string }
);

/** The provider's word about a subscription. */
export type Observation = Extract<Command, { type: 'observe' }>;

/** A new subscription, with a trial or without. */
export interface StartRequest {
  customer: Customer;
  plan: Plan;
  quantity: number;
  collection: Collection;
  livemode: boolean;
  trial?: Period;
  paymentMethod?: string;
  policy?: Policy;
}

/** A cancellation: now, or when the paid (or trial) period is over. */
export interface CancelRequest {
  atPeriodEnd?: boolean;
  reason?: string;
}

/** What the records know of a subscription that ended, for ever. */
export interface Tombstone {
  status: 'canceled' | 'incomplete_expired';
  endedAt: Instant;
}

/** What the records know of a subscription from an earlier workflow. */
export interface Traces {
  tombstone?: Tombstone;
  /** The last change's; the next one is one more. */
  version?: number;
}

/** What was found out about a subscription that this workflow does not know yet. */
export interface Found extends Traces {
  /** The provider's present view; absent in self mode and when the provider does not know it. */
  subscription?: ProviderSubscription;
}

/** What `decide` is asked: a command, the answer to an effect, or that the due instant has come. */
export type Input =
  | { type: 'command'; command: Command }
  | { type: 'found'; command: Command; found: Found }
  | { type: 'charged'; charge: Charge; result: ChargeResult }
  /** `after` is the command that the provider has just carried out, if this is its answer to one. */
  | { type: 'fetched'; subscription?: ProviderSubscription; after?: Command }
  | { type: 'due' };
