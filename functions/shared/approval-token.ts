import * as z from 'zod';

import type { Instant } from '../../workflows/domain/time.ts';
import { SUBSCRIPTION_ID } from './envelope.ts';
import { instant } from './fields.ts';
import { readSigned } from './signed-token.ts';

/** Who may decide about what by a link, and until when. */
export interface DecisionLink {
  approval: string;
  approver: string;
  expiresAt: Instant;
}

/** As the worker makes it for its links. */
const payloadShape = z.tuple([
  z.string().regex(SUBSCRIPTION_ID),
  z.string().regex(SUBSCRIPTION_ID),
  instant,
]);

/** What a token of a link says, also when it has expired, or undefined when none of the secrets has signed it. */
export function readToken(token: string, secrets: readonly string[]): DecisionLink | undefined {
  const parsed = payloadShape.safeParse(readSigned('approve', token, secrets));
  if (!parsed.success) return undefined;
  const [approval, approver, expiresAt] = parsed.data;
  return { approval, approver, expiresAt };
}
