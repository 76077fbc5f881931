/** Types of `ApplicationFailure` that callers tell apart; everything else is retried. */
export const FAILURES = {
  /** A command that the state does not allow; the message says why. */
  refused: 'CommandRefused',
  /** A command that makes no sense in any state; the message says why. */
  invalid: 'CommandInvalid',
  /** The subscription has changed since the caller looked at it. */
  outdated: 'VersionOutdated',
  /** There is less in stock than was ordered. */
  soldOut: 'SoldOut',
  /** What was ordered must not go out, or not any more. */
  undeliverable: 'Undeliverable',
} as const;
