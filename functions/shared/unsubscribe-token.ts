import { createHmac, timingSafeEqual } from 'node:crypto';

import * as z from 'zod';

import { SUBSCRIPTION_ID } from './envelope.ts';

/** Who wants no more promotional mail, and the subscription by which they got it. */
export interface Unsubscription {
  subscription: string;
  customer: string;
}

/** As the worker makes it for its links. */
const payloadShape = z.tuple([
  z.string().regex(SUBSCRIPTION_ID),
  z.string().min(1).max(100),
  z.literal('marketing'),
]);

const LONGEST = 2000;
const SHAPE = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** What a token of a link says, or undefined when none of the secrets has signed it. */
export function readToken(token: string, secrets: readonly string[]): Unsubscription | undefined {
  const [, payload = '', signature = ''] = (token.length <= LONGEST && SHAPE.exec(token)) || [];
  const given = Buffer.from(signature);
  const isSigned = secrets.some((secret) => {
    const hmac = createHmac('sha256', secret).update(`unsubscribe.${payload}`);
    const right = Buffer.from(hmac.digest('base64url'));
    return given.byteLength === right.byteLength && timingSafeEqual(given, right);
  });
  if (!isSigned) return undefined;
  const parsed = payloadShape.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
  if (!parsed.success) return undefined;
  const [subscription, customer] = parsed.data;
  return { subscription, customer };
}
