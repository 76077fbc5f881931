import { ApplicationFailure } from '@temporalio/activity';
import { Stripe } from 'stripe';

import type { ProviderSubscription } from '../../workflows/domain/provider.ts';
import { customerFromStripe, fromStripe } from '../../workflows/domain/stripe.ts';

/** No longer than Temporal itself would wait. */
const LONGEST_WAIT_SECONDS = 3600;

/** Connects to Stripe, or to what stands at `apiBase` in its place. */
export function createStripe({
  apiKey,
  apiBase,
}: {
  apiKey: string;
  apiBase?: string | undefined;
}) {
  const base = apiBase === undefined ? undefined : new URL(apiBase);
  return new Stripe(apiKey, {
    maxNetworkRetries: 0, // Temporal retries, and its attempts are seen.
    timeout: 20_000,
    telemetry: false,
    ...(base && {
      host: base.hostname,
      port: base.port || (base.protocol === 'https:' ? 443 : 80),
      protocol: base.protocol === 'https:' ? 'https' : 'http',
    }),
  });
}

/** Makes an activity that fails wait for as long as Stripe asks for, where it does (`Retry-After`, in seconds). */
export const patiently =
  <Input, Output>(activity: (input: Input) => Promise<Output>) =>
  async (input: Input): Promise<Output> => {
    try {
      return await activity(input);
    } catch (error) {
      throw asAsked(error);
    }
  };

function asAsked(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const seconds = Number(error.headers?.['retry-after']);
  if (!(seconds > 0)) return error;
  return ApplicationFailure.create({
    message: error.message,
    type: error.type,
    cause: error,
    nextRetryDelay: Math.min(seconds, LONGEST_WAIT_SECONDS) * 1000,
  });
}

/** A subscription as the domain has it, with the address of its customer; null when there is nothing in it to bill. */
export async function translate(
  stripe: Stripe,
  found: Stripe.Subscription,
): Promise<ProviderSubscription | null> {
  const subscription = fromStripe(found);
  if (subscription === undefined) return null;
  const { customer } = subscription;
  if (customer.email !== undefined) return subscription;
  const owner = await stripe.customers.retrieve(customer.id);
  const contact = owner.deleted ? {} : customerFromStripe(owner);
  return { ...subscription, customer: { ...contact, ...customer } };
}

/** The answer, or null when Stripe does not know what it was asked for. */
export async function known<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

export const isMissing = (error: unknown): error is Stripe.errors.StripeInvalidRequestError =>
  error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';
