import type { Context } from 'hono';

import type { Store } from './store.ts';

/** The answer to one request too many, as the store has it set. */
export function tooMany(store: Store, context: Context): Response {
  store.limit.times -= 1;
  const error = {
    type: 'invalid_request_error',
    code: 'rate_limit',
    message: 'Request rate limit exceeded.',
  };
  const retryAfter = String(store.limit.retryAfterSeconds);
  return context.json({ error }, 429, { 'retry-after': retryAfter });
}
