import type { EventType } from '../../workflows/domain/events.ts';

const PREFIX = 'perennial.subscription.';

/** What each event of the domain is called outside: a name once given stays, whatever becomes of ours. */
const NAMES = {
  trial_started: 'trial_started',
  subscription_started: 'started',
  found_ended: 'found_ended',
  imported: 'imported',
  trial_reminder_due: 'trial_reminder_due',
  trial_changed: 'trial_changed',
  trial_skipped: 'trial_skipped',
  activated: 'activated',
  renewed: 'renewed',
  renewal_reminder_due: 'renewal_reminder_due',
  payment_succeeded: 'payment_succeeded',
  balance_changed: 'balance_changed',
  payment_failed: 'payment_failed',
  payment_action_required: 'payment_action_required',
  past_due: 'past_due',
  dunning_reminder_due: 'dunning_reminder_due',
  final_notice_due: 'final_notice_due',
  incomplete: 'incomplete',
  unpaid: 'unpaid',
  access_revoked: 'access_revoked',
  pause_scheduled: 'pause_scheduled',
  paused: 'paused',
  resumed: 'resumed',
  cancellation_scheduled: 'cancellation_scheduled',
  cancellation_reversed: 'cancellation_reversed',
  ended: 'ended',
  win_back_due: 'win_back_due',
  win_back_dropped: 'win_back_dropped',
  plan_change_scheduled: 'plan_change_scheduled',
  plan_changed: 'plan_changed',
  schedule_cancelled: 'schedule_cancelled',
  customer_updated: 'customer_updated',
  payment_method_updated: 'payment_method_updated',
  card_updated: 'card_updated',
  card_expiry_due: 'card_expiry_due',
  unsubscribed: 'unsubscribed',
  email_resent: 'email_resent',
  email_feedback: 'email_feedback',
  erased: 'erased',
  test_clock_attached: 'test_clock_attached',
  provider_asked: 'provider_asked',
  ignored: 'ignored',
} as const satisfies Record<EventType, string>;

/** Every type that goes out. */
export const OUTBOUND_TYPES: readonly string[] = Object.values(NAMES).map(
  (name) => `${PREFIX}${name}`,
);

/** A line may have been written by a newer worker, which knows more types. */
export const typeOf = (type: string): string =>
  `${PREFIX}${(NAMES as Record<string, string>)[type] ?? type}`;
