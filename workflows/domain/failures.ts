/** Types of `ApplicationFailure` that callers tell apart; everything else is retried. */
export const FAILURES = {
  /** A command that the state does not allow; the message says why. */
  refused: 'CommandRefused',
} as const;
