import type { Period } from './calendar.ts';
import type { Invoice } from './provider.ts';
import type { Customer, Ended, Plan, State, Suspended } from './state.ts';
import type { Instant } from './time.ts';

/** What has happened to a subscription; `at` is lifecycle time, for timers the instant that was due. */
export type DomainEvent = { at: Instant } &
  /** `newSince` is when it began, unless it had existed long before we heard of it: nobody is welcomed then. */
  (
    | { type: 'trial_started' | 'subscription_started'; subscription: State; newSince?: Instant }
    /** It had ended before we heard of it. */
    | { type: 'found_ended'; subscription: State }
    | { type: 'trial_reminder_due'; trialEnd: Instant }
    | { type: 'trial_changed'; trial: Period }
    | { type: 'activated'; period: Period; anchor: Instant }
    | { type: 'renewed'; period: Period }
    | { type: 'payment_succeeded'; invoice: Invoice }
    | { type: 'payment_failed'; invoice: Invoice; attempt: number; code?: string }
    | { type: 'past_due'; period: Period; anchor: Instant }
    | { type: 'incomplete'; period: Period; anchor: Instant }
    | { type: 'suspended'; status: Suspended['status']; period: Period; anchor: Instant }
    | { type: 'access_revoked' }
    | { type: 'cancellation_scheduled'; cancelAt: Instant; reason?: string }
    | { type: 'cancellation_reversed' }
    | { type: 'ended'; status: Ended['status']; endedAt: Instant; cause: EndCause; reason?: string }
    | { type: 'plan_changed'; plan: Plan; quantity: number }
    /** `addressSeen` when the provider's view of the subscription says so. */
    | { type: 'customer_updated'; customer: Customer; addressSeen?: string | undefined }
    | { type: 'payment_method_updated'; paymentMethod?: string }
    | { type: 'test_clock_attached'; clock: string }
    | { type: 'provider_asked' }
    | { type: 'ignored'; eventId: string; reason: string }
  );

/** Why a subscription ended: somebody asked, the trial had no payment method, payment failed for good, or the provider ended it. */
export type EndCause = 'requested' | 'no_payment_method' | 'payment_failed' | 'provider';
