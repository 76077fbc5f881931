import * as z from 'zod';

import { policyText } from './fields.ts';

/** Comma-separated while rotating: the new one and the old one. */
export const secretList = z
  .string()
  .min(1)
  .transform((list) => list.split(',').map((secret) => secret.trim()))
  .refine((list) => list.every((secret) => secret.length > 0), 'holds an empty secret');

const VARIABLES = {
  QUEUE_URL: z.url(),
  DEAD_LETTER_QUEUE_URL: z.url(),
  TABLE_NAME: z.string().min(1),
  /** JSON; what every new subscription is to do otherwise than by default. */
  LIFECYCLE_POLICY: policyText.prefault('{}'),
  /** Where a local stack offers what moves along with a test clock. */
  TEST_CLOCK_HOOKS_URL: z.url().optional(),
  TEST_CLOCK_ALLOWS_LIVE: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
} as const;

type Variable = keyof typeof VARIABLES;

/** A function's settings, by the names of the environment variables that it needs; throws naming what is missing or wrong. */
export function readConfig<Name extends Variable>(
  ...names: Name[]
): Readonly<{ [N in Name]: z.output<(typeof VARIABLES)[N]> }> {
  const shape = Object.fromEntries(names.map((name) => [name, VARIABLES[name]]));
  const parsed = z.object(shape).safeParse(process.env);
  if (!parsed.success) {
    throw new Error(
      `The function's environment is not complete.\n${z.prettifyError(parsed.error)}`,
    );
  }
  return Object.freeze(parsed.data) as Readonly<{ [N in Name]: z.output<(typeof VARIABLES)[N]> }>;
}

/** Where secrets are: here, or in Secrets Manager. */
export type SecretSource = { list: readonly string[] } | { arn: string };

/** Where the secrets of that name are: in the variable itself, or in the secret whose ARN is in `<name>_ARN`. */
export function readSecretSource(
  name: 'STRIPE_WEBHOOK_SECRET' | 'WEBHOOK_SECRET' | 'LINK_SECRET',
): SecretSource {
  const arn = process.env[`${name}_ARN`];
  if (arn !== undefined && arn.length > 0) return { arn };
  const parsed = secretList.safeParse(process.env[name]);
  if (!parsed.success) {
    throw new Error(
      `The function's environment is not complete: set ${name}_ARN, or ${name}.\n${z.prettifyError(parsed.error)}`,
    );
  }
  return { list: parsed.data };
}
