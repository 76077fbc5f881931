import * as z from 'zod';

import { policyText } from '../../functions/shared/fields.ts';
import { LOCAL_SECRETS } from '../../local/config.ts';

const ENVIRONMENT = z.object({
  PORT: z.coerce.number().int().min(1).max(65_000).default(4800),
  /** The first of a list signs. */
  WEBHOOK_SECRET: z
    .string()
    .min(1)
    .transform((list) => list.split(',')[0]!.trim())
    .optional(),
  LIFECYCLE_POLICY: policyText.prefault('{}'),
  STRIPE_API_KEY: z.string().min(1).optional(),
  STRIPE_API_BASE: z.url().optional(),
});

const LOCAL = /^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|$)/;

export type ImportConfig = z.output<typeof ENVIRONMENT> & {
  url: string;
  /** Absent when the stack is elsewhere and nobody has said how to sign for it. */
  secret: string | undefined;
};

/** The settings of an import; throws an error that names what is wrong. */
export function readConfig(environment: NodeJS.ProcessEnv, url: string | undefined): ImportConfig {
  const parsed = ENVIRONMENT.safeParse(environment);
  if (!parsed.success) {
    throw new Error(`The environment is not right.\n${z.prettifyError(parsed.error)}`);
  }
  const { PORT, WEBHOOK_SECRET } = parsed.data;
  const address = (url ?? `http://127.0.0.1:${PORT}`).replace(/\/+$/, '');
  if (!/^https?:\/\//.test(address)) throw new Error(`--url: ${address} is not an HTTP address.`);
  if (!LOCAL.test(address) && address.startsWith('http:')) {
    throw new Error(`--url: ${address} is not HTTPS, and addresses of customers go there.`);
  }
  const secret = WEBHOOK_SECRET ?? (LOCAL.test(address) ? LOCAL_SECRETS.webhook : undefined);
  return { ...parsed.data, url: address, secret };
}
