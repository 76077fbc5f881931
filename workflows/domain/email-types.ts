/** How each e-mail of a subscription's life may be sent; the names are part of the contract. */
export const EMAIL_RULES = {
  welcome: { stream: 'transactional', quiet: 'ignored' },
  trial_ending: { stream: 'transactional', quiet: 'before' },
  trial_expired: { stream: 'transactional', quiet: 'after' },
  converted: { stream: 'transactional', quiet: 'after' },
  receipt: { stream: 'transactional', quiet: 'after' },
  renewal_reminder: { stream: 'transactional', quiet: 'before' },
  card_expiring: { stream: 'transactional', quiet: 'after' },
  payment_failed: { stream: 'transactional', quiet: 'after' },
  payment_action_required: { stream: 'transactional', quiet: 'ignored' },
  final_notice: { stream: 'transactional', quiet: 'before' },
  recovered: { stream: 'transactional', quiet: 'ignored' },
  cancellation_scheduled: { stream: 'transactional', quiet: 'ignored' },
  cancellation_reversed: { stream: 'transactional', quiet: 'ignored' },
  cancelled: { stream: 'transactional', quiet: 'after' },
  access_revoked: { stream: 'transactional', quiet: 'after' },
  paused: { stream: 'transactional', quiet: 'ignored' },
  resumed: { stream: 'transactional', quiet: 'ignored' },
  plan_changed: { stream: 'transactional', quiet: 'ignored' },
  win_back: { stream: 'marketing', quiet: 'after' },
  order_confirmed: { stream: 'transactional', quiet: 'ignored' },
  order_failed: { stream: 'transactional', quiet: 'ignored' },
  approval_requested: { stream: 'transactional', quiet: 'ignored' },
  approval_reminder: { stream: 'transactional', quiet: 'ignored' },
  approval_decided: { stream: 'transactional', quiet: 'ignored' },
  announcement: { stream: 'marketing', quiet: 'after' },
} as const satisfies Record<string, EmailRule>;

/** The e-mails of a subscription's life. */
export type EmailType = keyof typeof EMAIL_RULES;

export const EMAIL_TYPES = Object.keys(EMAIL_RULES) as EmailType[];

interface EmailRule {
  /** Promotional mail needs consent and carries a way out of it; the other belongs to the contract. */
  stream: 'transactional' | 'marketing';
  /**
   * What quiet hours do to it: nothing, as the customer has just asked for it or waits for it; it goes out after them; or,
   * as it has to be there by an instant, before them.
   */
  quiet: 'ignored' | 'after' | 'before';
}
