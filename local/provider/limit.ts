import type { Context } from 'hono';

import type { Store } from './store.ts';

/** The answer to a request when it is one too many; undefined when it is not. */
export function tooMany({ limit }: Store, context: Context): Response | undefined {
  if (limit.times <= 0) return undefined;
  if (limit.spared > 0) {
    limit.spared -= 1;
    return undefined;
  }
  limit.times -= 1;
  const error = {
    type: 'invalid_request_error',
    code: 'rate_limit',
    message: 'Request rate limit exceeded.',
  };
  const retryAfter = String(limit.retryAfterSeconds);
  return context.json({ error }, 429, { 'retry-after': retryAfter });
}
