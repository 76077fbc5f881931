import * as z from 'zod';

import { SUBSCRIPTION_ID } from './envelope.ts';
import { readSigned } from './signed-token.ts';

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

/** What a token of a link says, or undefined when none of the secrets has signed it. */
export function readToken(token: string, secrets: readonly string[]): Unsubscription | undefined {
  const parsed = payloadShape.safeParse(readSigned('unsubscribe', token, secrets));
  if (!parsed.success) return undefined;
  const [subscription, customer] = parsed.data;
  return { subscription, customer };
}
