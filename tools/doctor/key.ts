import { error, ok, warn, type Finding } from './findings.ts';

export type Mode = 'live' | 'test';

const WHAT = 'STRIPE_API_KEY';

/** Of which mode a key is, by its prefix. */
export const modeOf = (key: string): Mode | undefined =>
  /^[sr]k_(live|test)_/.exec(key)?.[1] as Mode | undefined;

/** What a key is by its prefix; the rest of it is nobody's business. */
export function judgeKey(key: string, expected: Mode | undefined): Finding[] {
  const mode = modeOf(key);
  if (mode === undefined) {
    const isPublic = key.startsWith('pk_');
    return [
      error(WHAT, isPublic ? 'is a publishable key' : 'does not begin as a secret key of Stripe'),
    ];
  }
  if (expected !== undefined && mode !== expected) {
    return [error(WHAT, `is a ${mode} key, and a ${expected} key was expected`)];
  }
  if (key.startsWith('sk_') && mode === 'live') {
    const advice =
      'Make a restricted key (rk_live_…) that may write Customers, PaymentIntents and Subscriptions and read Charges, ' +
      'Events, Invoices, Prices and Webhook Endpoints: Developers → API keys.';
    return [warn(WHAT, 'is a live key that may do everything', advice)];
  }
  return [ok(WHAT, `a ${mode} key, ${key.startsWith('rk_') ? 'restricted' : 'unrestricted'}`)];
}
