import type { Period } from './calendar.ts';
import type { Card, Customer, Money, Plan, Status } from './state.ts';
import type { Instant } from './time.ts';

/** A subscription as the payment provider sees it, whatever version its payload had. */
export interface ProviderSubscription {
  id: string;
  customer: Customer;
  status: Status;
  plan: Plan;
  quantity: number;
  livemode: boolean;
  createdAt: Instant;
  anchor: Instant;
  period: Period;
  trial?: Period | undefined;
  cancelAt?: Instant | undefined;
  cancelReason?: string | undefined;
  /** In the words of the one who cancelled. */
  cancelComment?: string | undefined;
  endedAt?: Instant | undefined;
  paymentMethod?: string | undefined;
  /** The last invoice, when it is paid and somebody has asked; events do not carry it. */
  paid?: Invoice | undefined;
}

/** An invoice of the provider, or of ours in self mode (`id` is then the start of its period). */
export interface Invoice {
  id: string;
  amount: Money;
}

/** The answer to a charge; a decline is an answer, not an error. */
export type ChargeResult =
  /**
   * `amount` when it is not what was asked for now: an earlier try had asked first. `card` when it is not the one we know.
   * `earlier` is the payment of the try before, when the customer has confirmed that one after all.
   */
  | { outcome: 'paid'; amount?: Money; card?: Card; earlier?: string }
  | { outcome: 'declined'; code: string }
  /** The customer has to confirm it; `payment` is the provider's id of it. */
  | { outcome: 'action_required'; payment: string }
  | { outcome: 'no_payment_method' };

/** The same, or for now: a debit of a bank account is on its way for days. */
export type Charged = ChargeResult | { outcome: 'processing'; payment: string };
