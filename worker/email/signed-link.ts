import { createHmac } from 'node:crypto';

import type { LinkConfig } from '../config.ts';

/** An address that is its own proof: what it says is signed, for this purpose only, and holds nothing but ids and instants. */
export function signedLink(
  { publicUrl, secret }: LinkConfig,
  purpose: 'unsubscribe' | 'approve',
  said: readonly string[],
): string {
  const payload = Buffer.from(JSON.stringify(said)).toString('base64url');
  const hmac = createHmac('sha256', secret).update(`${purpose}.${payload}`);
  return `${publicUrl}/${purpose}/${payload}.${hmac.digest('base64url')}`;
}
