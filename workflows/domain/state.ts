import type { Cadence, Period } from './calendar.ts';
import type { Policy } from './policy.ts';
import type { Instant } from './time.ts';

/** Integer minor units (cents) of a lower-case ISO 4217 currency. */
export interface Money {
  amount: number;
  currency: string;
}

/** Who is written to. */
export interface Customer {
  id: string;
  email?: string;
  name?: string;
  /** BCP 47 tag. */
  locale?: string;
  /** IANA name; quiet hours are judged by it. */
  timezone?: string;
  /** Whether they agreed to promotional mail; only `true` is consent. */
  marketing?: boolean;
}

/** What is sold, at the price of one unit. */
export interface Plan extends Cadence {
  id: string;
  price: Money;
}

/** Who charges: `provider` is the provider's own billing, which we follow; `self` is us. */
export type Collection = 'provider' | 'self';

/** What is known of the saved card: the month after which it is of no use, `2027-08`. */
export interface Card {
  expires: string;
}

/** A cancellation that has been asked for and is not yet in effect: a flag, never a status. */
export interface Cancellation {
  at: Instant;
  reason?: string | undefined;
}

/** A plan that has been asked for and is not yet in effect. */
export interface PlanChange {
  plan: Plan;
  quantity: number;
  at: Instant;
}

/** A pause that has been asked for and has not begun; `until` is when it ends by itself. */
export interface Pausing {
  at: Instant;
  until?: Instant | undefined;
}

/** What a subscription has in every status. */
export interface Common {
  id: string;
  customer: Customer;
  plan: Plan;
  quantity: number;
  collection: Collection;
  livemode: boolean;
  policy?: Policy | undefined;
  /** The provider's id of the saved payment method; without one the customer's default there is charged. */
  paymentMethod?: string | undefined;
  card?: Card | undefined;
  /** The end of the last card whose expiry has been announced. */
  cardAnnounced?: string | undefined;
  /** IANA name of the zone whose calendar periods follow; UTC when absent. */
  zone?: string | undefined;
  /** What we owe the customer, in minor units of the plan's currency; negative for what was too little to charge. */
  balance?: number | undefined;
  /** Set once a test clock has moved this subscription. */
  testClock?: string | undefined;
  trial?: Period | undefined;
  /** A trial has not been followed by a payment yet, so the next payment is the conversion. */
  converting?: boolean | undefined;
  cancel?: Cancellation | undefined;
  change?: PlanChange | undefined;
  pausing?: Pausing | undefined;
  /** `created` of the newest provider event that was applied, Unix seconds. */
  asOf?: number | undefined;
  /** The provider has been asked since, so what is known may be newer than `asOf` says. */
  ahead?: boolean | undefined;
  /** Fingerprint of the address in the provider's last view; only another one replaces what has been learnt since. */
  addressSeen?: string | undefined;
  /** `created` of the newest event about the customer that was applied, Unix seconds. */
  customerAsOf?: number | undefined;
  /** `created` of the newest payment that the provider has told of, Unix seconds. */
  paidAsOf?: number | undefined;
  /** Fingerprints of the provider's last invoices that were paid. */
  paid?: string[] | undefined;
  /** Stripe's API version of the last event applied. */
  apiVersion?: string | undefined;
  /** Questions put to the provider since its word is overdue. */
  asked?: number | undefined;
  /** Fingerprints of the last messages applied, oldest first. */
  seen: string[];
  /** Counts the changes; what is written with a smaller one is older. */
  version: number;
}

export interface Trialing extends Common {
  status: 'trialing';
  trial: Period;
  /** The latest reminder that has been dealt with. */
  reminded?: Instant | undefined;
}

export interface Billed extends Common {
  /** Every boundary is counted from here. */
  anchor: Instant;
  period: Period;
}

export interface Active extends Billed {
  status: 'active';
  /** The period whose renewal has been announced, by its end. */
  announced?: Instant | undefined;
  /** When plan or quantity changed last in this period. */
  changedAt?: Instant | undefined;
}

export interface PastDue extends Billed {
  status: 'past_due';
  /** When the first charge of the open invoice failed. */
  since: Instant;
  /** Charges tried for the open invoice. */
  attempt: number;
  /** The open invoice is the first one after a trial: its payment is a conversion and no recovery. */
  isConversion?: boolean | undefined;
  /** Access has been withdrawn because the grace period is over. */
  revoked?: boolean | undefined;
  /** When the open invoice was tried last. */
  triedAt?: Instant | undefined;
  /** Until when the customer can confirm the payment that was tried last. */
  confirmBy?: Instant | undefined;
  /** The last decline was one that the same payment method cannot get over. */
  isHard?: boolean | undefined;
  /** The latest dunning e-mail that a timer has sent. */
  reminded?: Instant | undefined;
}

export interface Incomplete extends Billed {
  status: 'incomplete';
  /** Its first charge was tried here; unless one succeeds the subscription expires 23 hours later. */
  since: Instant;
  /** Charges tried for the first invoice. */
  attempt: number;
}

/** The retries are used up and nothing more is charged by itself; a new payment method is tried at once. */
export interface Unpaid extends Billed {
  status: 'unpaid';
  since: Instant;
  /** Charges tried for the open invoice. */
  attempt: number;
  /** The open invoice is the first one after a trial: its payment is a conversion and no recovery. */
  isConversion?: boolean | undefined;
}

/** Nothing is charged and no access given until it is resumed. */
export interface Paused extends Billed {
  status: 'paused';
  since: Instant;
  /** When it resumes by itself. */
  until?: Instant | undefined;
}

export interface Ended extends Common {
  status: 'canceled' | 'incomplete_expired';
  period?: Period | undefined;
  endedAt: Instant;
  cause?: EndCause | undefined;
  /** The latest attempt to win the customer back. */
  wooed?: Instant | undefined;
}

/** Why a subscription ended: somebody asked, the trial had no payment method, payment failed for good, or the provider ended it. */
export type EndCause = 'requested' | 'no_payment_method' | 'payment_failed' | 'provider';

/** Everything that is carried from run to run; the names of the statuses are Stripe's. */
export type State = Trialing | Active | PastDue | Incomplete | Unpaid | Paused | Ended;

export type Status = State['status'];

/** Every status, for listings and for exhaustive tests. */
export const STATUSES = [
  'trialing',
  'active',
  'past_due',
  'incomplete',
  'unpaid',
  'paused',
  'canceled',
  'incomplete_expired',
] as const satisfies readonly Status[];

export const hasEnded = (state: State): state is Ended =>
  state.status === 'canceled' || state.status === 'incomplete_expired';

/** Whether the customer may use the product: an axis of its own beside the status. */
export type Access = 'granted' | 'grace' | 'revoked';

export function accessOf(state: State): Access {
  switch (state.status) {
    case 'trialing':
    case 'active':
      return 'granted';
    case 'past_due':
      return state.revoked ? 'revoked' : 'grace';
    case 'incomplete':
    case 'unpaid':
    case 'paused':
    case 'canceled':
    case 'incomplete_expired':
      return 'revoked';
    default:
      return state satisfies never;
  }
}
