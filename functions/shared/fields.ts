import * as z from 'zod';

import { parseDuration, type Instant } from '../../workflows/domain/time.ts';

const CURRENCIES = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()));

/** An instant with any offset, as ours in UTC. */
export const instant = z.iso
  .datetime({ offset: true })
  .transform((text): Instant => new Date(text).toISOString());

/** Lower case, as Stripe writes it. */
export const currency = z
  .string()
  .refine((code) => CURRENCIES.has(code), 'is not a lower-case ISO 4217 currency');

/** Minor units; more than any card is charged at once. */
export const amount = z.int().min(0).max(1_000_000_000);

/** Whole units, as in `P7D`. */
export const duration = z.string().refine((text) => {
  try {
    parseDuration(text);
    return true;
  } catch {
    return false;
  }
}, 'is not an ISO-8601 duration such as P7D');

/** The choices that a subscription may override. */
export const policy = z.strictObject({
  trialReminders: z
    .array(duration)
    .max(10)
    .exactOptional()
    .describe('How long before the end of a trial it is reminded of, as `["P7D","P3D"]`.'),
});

/** The same as JSON text, as an environment variable carries it. */
export const policyText = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'is not JSON' });
      return z.NEVER;
    }
  })
  .pipe(policy);
