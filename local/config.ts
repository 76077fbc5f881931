import * as z from 'zod';

import { policyText } from '../functions/shared/fields.ts';

const ENVIRONMENT = z.object({
  PORT: z.coerce.number().int().min(1).max(65_000).default(4800),
  /** A Temporal that runs already; without one the stack starts its own. */
  TEMPORAL_ADDRESS: z.string().min(1).optional(),
  TEMPORAL_NAMESPACE: z.string().min(1).optional(),
  /** A folder with the merchant's own e-mails. */
  EMAIL_TEMPLATES: z.string().min(1).optional(),
  LIFECYCLE_POLICY: policyText.prefault('{}'),
  /** Who else is told of events; the worker reads it. */
  OUTBOUND_WEBHOOKS: z.string().min(1).optional(),
  /** When the provider's subscriptions are compared with ours; the worker reads it. */
  RECONCILE: z.string().min(1).optional(),
  /** Whether nothing goes out; the worker reads it. */
  SHADOW: z.enum(['true', 'false']).default('false'),
});

export type LocalConfig = z.output<typeof ENVIRONMENT> & {
  /** Everything about the connection to Temporal, by the names of Temporal's own environment configuration. */
  temporal: Record<string, string>;
};

/** The local stack's settings; throws an error that names what is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv): LocalConfig {
  const parsed = ENVIRONMENT.safeParse(environment);
  if (!parsed.success) {
    throw new Error(`The environment is not right.\n${z.prettifyError(parsed.error)}`);
  }
  const temporal = Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith('TEMPORAL_') && value !== undefined ? [[name, value]] : [],
    ),
  );
  return { ...parsed.data, temporal };
}

/** What the stack is opened with on the loopback interface; known to everybody, and good for nothing else. */
export const LOCAL_SECRETS = {
  stripe: 'whsec_perennial_local',
  webhook: 'whsec_cGVyZW5uaWFsX2xvY2Fs',
  stripeApiKey: 'sk_test_perennial_local',
  link: 'perennial_local_links',
} as const;

export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const;
