import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { Stripe } from 'stripe';

import { HttpError } from './http.ts';

const TOLERANCE_SECONDS = 300;
const stripe = new Stripe('sk_not_used_for_signatures');

/**
 * Verifies Stripe's signature over the raw body with any of the secrets, and its age in both directions (the library
 * checks for old ones only). Throws an {@link HttpError} 400 otherwise.
 */
export function verifyStripe(
  body: Buffer,
  header: string | undefined,
  secrets: readonly string[],
  now: number,
): void {
  if (header === undefined) throw new HttpError(400, 'The stripe-signature header is missing.');
  const times = [...header.matchAll(/(?:^|,)\s*t=([^,]*)/g)].map(([, time = '']) => time.trim());
  if (times.length !== 1 || !/^\d{1,12}$/.test(times[0]!)) {
    throw new HttpError(400, 'The stripe-signature header has no time, or more than one.');
  }
  const signed = Number(times[0]);
  const isValid = secrets.some((secret) => isSigned(body, header, secret, now));
  if (!isValid) {
    throw new HttpError(400, 'The Stripe signature does not match, or is older than five minutes.');
  }
  if (signed - now / 1000 > TOLERANCE_SECONDS) {
    throw new HttpError(400, 'The Stripe signature is from the future: check the clocks.');
  }
}

function isSigned(body: Buffer, header: string, secret: string, now: number): boolean {
  try {
    return (
      stripe.webhooks.signature?.verifyHeader(
        body,
        header,
        secret,
        TOLERANCE_SECONDS,
        undefined,
        now,
      ) ?? false
    );
  } catch (error) {
    if (error instanceof Stripe.errors.StripeSignatureVerificationError) return false;
    throw error;
  }
}

/** Verifies a signature of the Standard Webhooks scheme with any of the secrets. Throws an {@link HttpError} 400 otherwise. */
export function verifyStandard(
  body: Buffer,
  headers: Record<string, string | undefined>,
  secrets: readonly string[],
): void {
  const signed = Object.fromEntries(
    ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => [
      name,
      headers[name] ?? '',
    ]),
  );
  const failures = secrets.map((secret) => {
    try {
      new Webhook(secret).verify(body, signed, { jsonParse: false });
      return undefined;
    } catch (error) {
      if (error instanceof WebhookVerificationError) return error.message;
      throw error;
    }
  });
  if (!failures.includes(undefined)) {
    throw new HttpError(400, `The webhook signature is not valid: ${failures[0]}.`);
  }
}
