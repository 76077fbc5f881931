import type { Period } from './calendar.ts';
import type { Charge, Plan as Planned } from './decision.ts';
import type { EmailType } from './email-types.ts';
import type { Policy } from './policy.ts';
import type { ChargeResult, Invoice, ProviderSubscription } from './provider.ts';
import type { Request } from './requests.ts';
import type { Card, Collection, Customer, Plan } from './state.ts';
import type { Instant } from './time.ts';

/**
 * What a message may ask of a subscription. `eventId` names the message, so that it is applied once; `created` is the
 * provider's own time of its event in Unix seconds, which orders the provider's events among themselves and nothing else.
 */
export type Command = { eventId: string; created?: number } & (
  | ({ type: 'start'; at: Instant } & StartRequest)
  | ({ type: 'import' } & ImportRequest)
  | { type: 'observe'; created: number; subscription: ProviderSubscription; apiVersion?: string }
  | { type: 'invoice_paid'; invoice: Invoice }
  | InvoiceFailed
  | { type: 'invoice_action_required'; invoice: Invoice; url?: string }
  | { type: 'authenticated'; payment: Authenticated }
  | { type: 'update_customer'; customer: Partial<Customer> }
  | { type: 'update_payment_method'; paymentMethod: string; card?: Card }
  /** What the provider says about one of the customer's cards, which may be another one than ours. */
  | { type: 'update_card'; paymentMethod: string; card: Card }
  | { type: 'end'; at: Instant; reason?: string }
  | { type: 'attach_clock'; clock: string }
  | { type: 'unsubscribe' }
  | { type: 'note_feedback'; feedback: Feedback }
  | { type: 'erase' }
  | Request
);

export type CommandType = Command['type'];

interface InvoiceFailed {
  type: 'invoice_failed';
  invoice: Invoice;
  attempt: number;
  code?: string;
  /** Nobody is going to try again. */
  isLast?: boolean;
}

/** The customer's answer to a payment that had to be confirmed. */
export interface Authenticated {
  /** The provider's id of the payment. */
  id: string;
  /** The key of its charge. */
  key: string;
  invoice: Invoice;
  isPaid: boolean;
}

/** What came of an e-mail that had gone out; addresses are kept elsewhere. */
export interface Feedback {
  kind: 'bounce' | 'complaint';
  /** Whether the address takes nothing any more. */
  isPermanent: boolean;
  emailType?: EmailType;
}

/** The provider's word about a subscription. */
export type Observation = Extract<Command, { type: 'observe' }>;

/** The provider's word that an invoice is still open. */
export type NotPaid = Extract<Command, { type: 'invoice_failed' | 'invoice_action_required' }>;

/** A new subscription, with a trial or without. */
export interface StartRequest {
  customer: Customer;
  plan: Plan;
  quantity: number;
  collection: Collection;
  livemode: boolean;
  trial?: Period;
  paymentMethod?: string;
  card?: Card;
  /** IANA name of the zone whose calendar periods follow; UTC when absent. */
  zone?: string;
  policy?: Policy;
}

/** A subscription that somebody else has run so far, as it stands: nobody is welcomed, and nothing is charged before its time. */
export interface ImportRequest extends StartRequest {
  status: 'trialing' | 'active' | 'paused';
  /** Every boundary is counted from here; the start of the period when absent. */
  anchor?: Instant;
  /** What has been paid for; absent in a trial. */
  period?: Period;
  cancelAt?: Instant;
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
  /** The customer has had a trial of another subscription. */
  hadTrial?: boolean;
}

/** What `decide` is asked: a command, the answer to an effect, or that the due instant has come. */
export type Input =
  | { type: 'command'; command: Command }
  | { type: 'found'; command: Command; found: Found }
  | { type: 'charged'; charge: Charge; result: ChargeResult }
  | Fetched
  /** Whether the customer has another subscription that lives, asked before one is wooed. */
  | { type: 'looked_around'; at: Instant; isBack: boolean }
  /** The e-mail that was to be sent again, or nothing when there has been none. */
  | { type: 'resent'; command: Command; email?: EmailType }
  | { type: 'due' };

/** `after` is the command that the provider has just carried out, if this is its answer to one; `refused` is why it did not. */
export interface Fetched {
  type: 'fetched';
  subscription?: ProviderSubscription;
  after?: Command;
  refused?: string;
  plan?: Planned;
}
