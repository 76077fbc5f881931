import { Stripe } from 'stripe';

/** Connects to Stripe, or to what stands at `apiBase` in its place. */
export function connectStripe(
  apiKey: string,
  apiBase: string | undefined,
  maxNetworkRetries = 3,
): Stripe {
  const base = apiBase === undefined ? undefined : new URL(apiBase);
  return new Stripe(apiKey, {
    maxNetworkRetries,
    timeout: 20_000,
    telemetry: false,
    ...(base && {
      host: base.hostname,
      port: base.port || (base.protocol === 'https:' ? 443 : 80),
      protocol: base.protocol === 'https:' ? 'https' : 'http',
    }),
  });
}
