import { Stripe } from 'stripe';

/** Asks Stripe, and fails in our own words: Stripe's repeat the end of the key. */
export async function askStripe<T>(what: string, question: Promise<T>): Promise<T> {
  try {
    return await question;
  } catch (error) {
    throw new Error(reasonOf(what, error), { cause: error });
  }
}

function reasonOf(what: string, error: unknown): string {
  const { errors } = Stripe;
  if (error instanceof errors.StripeAuthenticationError) return 'Stripe does not know the key';
  if (error instanceof errors.StripePermissionError) return `the key may not read ${what}`;
  if (error instanceof errors.StripeConnectionError) return 'Stripe does not answer';
  if (error instanceof errors.StripeError) {
    return `Stripe answers ${error.statusCode ?? '?'} (${error.code ?? error.type})`;
  }
  throw error;
}
