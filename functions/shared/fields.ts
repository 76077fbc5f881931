import * as z from 'zod';

import { INTERVALS } from '../../workflows/domain/calendar.ts';
import { EMAIL_TYPES } from '../../workflows/domain/email-types.ts';
import type { Policy } from '../../workflows/domain/policy.ts';
import { parseDuration, type Instant } from '../../workflows/domain/time.ts';
import { isZone } from '../../workflows/domain/zone.ts';

const CURRENCIES = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()));

/** An instant with any offset, as ours in UTC. */
export const instant = z.iso
  .datetime({
    offset: true,
    error: ({ code }) =>
      code === 'invalid_format'
        ? 'is not an instant with an offset such as 2026-11-20T10:00:00Z'
        : undefined,
  })
  .transform((text): Instant => new Date(text).toISOString());

/** Lower case, as Stripe writes it. */
export const currency = z
  .string()
  .refine((code) => CURRENCIES.has(code), 'is not a lower-case ISO 4217 currency');

/** Minor units; more than any card is charged at once. */
export const amount = z.int().min(0).max(1_000_000_000);

/** Whole units, as in `P7D`. */
export const duration = z
  .string()
  .refine((text) => {
    try {
      parseDuration(text);
      return true;
    } catch {
      return false;
    }
  }, 'is not an ISO-8601 duration such as P7D')
  .meta({ format: 'duration' });

/** An IANA time zone. */
export const zone = z
  .string()
  .max(64)
  .refine(isZone, 'is not an IANA time zone such as Europe/Berlin');

/** BCP 47; a language without texts of its own is written to in English. */
export const locale = z
  .string()
  .max(35)
  .refine((tag) => {
    try {
      return Intl.getCanonicalLocales(tag).length === 1;
    } catch {
      return false;
    }
  }, 'is not a BCP 47 language tag such as en or pt-BR');

export const emailAddress = z.email();

/** Times the largest amount it is still a number that JSON keeps. */
export const quantity = z.int().min(1).max(1_000_000);

/** A plan with all that it costs. */
export const futurePlan = z.object({
  id: z.string().min(1).max(100),
  price: z.object({ amount, currency }),
  interval: z.enum(INTERVALS),
  intervalCount: z
    .int()
    .min(1)
    .max(36)
    .exactOptional()
    .describe('Intervals in a period; one unless given.'),
});

/** Hours and minutes of a clock. */
const hour = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'is not a time of day such as 22:00');

const durations = z.array(duration).max(10);

const dunning = z.strictObject({
  retries: durations
    .exactOptional()
    .describe(
      'Waits: from the first failure to the first retry, from that to the next, and so on.',
    ),
  grace: duration.exactOptional().describe('How long access lasts after the first failure.'),
  reminders: durations
    .exactOptional()
    .describe('When after the first failure the customer is told again.'),
  finalNotice: duration
    .exactOptional()
    .describe('How long before the last charge the customer is told that it is the last.'),
  finalAction: z
    .enum(['cancel', 'unpaid', 'past_due'])
    .exactOptional()
    .describe('What follows when the last charge has failed.'),
});

/** The choices that a subscription may override. */
export const policy = z.strictObject({
  version: z
    .string()
    .max(50)
    .exactOptional()
    .describe('Your name for these choices, shown with each subscription that began with them.'),
  trialReminders: durations
    .exactOptional()
    .describe('How long before the end of a trial it is reminded of, as `["P7D","P3D"]`.'),
  trialWithoutPaymentMethod: z
    .enum(['cancel', 'pause'])
    .exactOptional()
    .describe('What becomes of a trial at whose end there is nothing to charge.'),
  repeatedTrial: z
    .enum(['allow', 'skip'])
    .exactOptional()
    .describe('Whether a customer who has had a trial gets another; `skip` charges at once.'),
  dunning: dunning.exactOptional(),
  renewalReminder: duration
    .exactOptional()
    .describe('How long before the renewal of a period of six months or more it is announced.'),
  cardExpiryReminder: duration
    .exactOptional()
    .describe('How long before the end of its last month an expiring card is announced.'),
  winBack: durations
    .exactOptional()
    .describe('How long after the end who agreed to promotional mail is invited back.'),
  quietHours: z
    .strictObject({
      from: hour.describe('Their first minute, as `22:00`.'),
      to: hour.describe('The first minute after them, as `08:00`.'),
      zone: zone.exactOptional().describe('For recipients whose zone is not known.'),
    })
    .refine(({ from, to }) => from !== to, 'begin and end at the same time')
    .exactOptional()
    .describe("When no mail is sent that can wait, by the recipient's clock."),
  emails: z
    .partialRecord(z.enum(EMAIL_TYPES), z.boolean())
    .exactOptional()
    .describe('Types of e-mail that are not to be sent, with `false`.'),
}) satisfies z.ZodType<Policy>;

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
