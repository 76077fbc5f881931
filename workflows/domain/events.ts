import type { Period } from './calendar.ts';
import type { Feedback } from './commands.ts';
import type { Plan as PlanKind } from './decision.ts';
import type { EmailType } from './email-types.ts';
import type { Invoice } from './provider.ts';
import type { Card, Customer, EndCause, Ended, Plan, State } from './state.ts';
import type { Instant } from './time.ts';

/** Where a period stands and what it is counted from. */
interface InPeriod {
  period: Period;
  anchor: Instant;
}

/** What has happened to a subscription; `at` is lifecycle time, for timers the instant that was due. */
export type DomainEvent = { at: Instant } &
  /** `newSince` is when it began, unless it had existed long before we heard of it: nobody is welcomed then. */
  (
    | { type: 'trial_started' | 'subscription_started'; subscription: State; newSince?: Instant }
    /** It had ended before we heard of it. */
    | { type: 'found_ended'; subscription: State }
    | { type: 'imported'; subscription: State }
    | { type: 'trial_reminder_due'; trialEnd: Instant }
    | { type: 'trial_changed'; trial: Period }
    | { type: 'trial_skipped' }
    | ({ type: 'activated' } & InPeriod)
    /** `anchor` where the provider counts from elsewhere now. */
    | { type: 'renewed'; period: Period; anchor?: Instant }
    | { type: 'renewal_reminder_due'; renewsAt: Instant }
    /** `balance` is what we owe the customer after it, where that has changed. */
    | { type: 'payment_succeeded'; invoice: Invoice; balance?: number }
    /** An invoice was settled without a payment. */
    | { type: 'balance_changed'; balance: number }
    | {
        type: 'payment_failed';
        invoice: Invoice;
        attempt: number;
        code?: string;
        isHard?: boolean;
        isLast?: boolean;
      }
    | { type: 'payment_action_required'; invoice: Invoice; attempt?: number; url?: string }
    | ({ type: 'past_due' } & InPeriod)
    | { type: 'dunning_reminder_due' }
    | { type: 'final_notice_due'; lastAttemptAt: Instant }
    | ({ type: 'incomplete' } & InPeriod)
    | ({ type: 'unpaid' } & InPeriod)
    | { type: 'access_revoked' }
    | { type: 'pause_scheduled'; pauseAt: Instant; until?: Instant }
    | ({ type: 'paused'; until?: Instant; cause?: 'no_payment_method' } & InPeriod)
    | ({ type: 'resumed'; balance?: number } & InPeriod)
    | { type: 'cancellation_scheduled'; cancelAt: Instant; reason?: string }
    | { type: 'cancellation_reversed' }
    | { type: 'ended'; status: Ended['status']; endedAt: Instant; cause: EndCause; reason?: string }
    | { type: 'win_back_due' }
    /** The customer is back by another subscription, so nobody is invited any more. */
    | { type: 'win_back_dropped' }
    | { type: 'plan_change_scheduled'; plan: Plan; quantity: number; changeAt: Instant }
    | PlanChanged
    /** What was to happen later does not, as somebody changed their mind or the provider refuses it. */
    | { type: 'schedule_cancelled'; what: PlanKind; reason?: string }
    /** `addressSeen` when the provider's view of the subscription says so. */
    | { type: 'customer_updated'; customer: Customer; addressSeen?: string | undefined }
    | { type: 'payment_method_updated'; paymentMethod?: string; card?: Card }
    | { type: 'card_updated'; card: Card }
    | { type: 'card_expiry_due'; card: Card }
    | { type: 'unsubscribed' }
    | { type: 'email_resent'; email: EmailType }
    | { type: 'email_feedback'; feedback: Feedback }
    | { type: 'erased' }
    | { type: 'test_clock_attached'; clock: string }
    | { type: 'provider_asked' }
    | { type: 'ignored'; eventId: string; reason: string }
  );

export type EventType = DomainEvent['type'];

interface PlanChanged {
  type: 'plan_changed';
  plan: Plan;
  quantity: number;
  /** Where the boundaries have moved. */
  period?: Period;
  anchor?: Instant;
  balance?: number;
}
