import * as z from 'zod';

import { OUTBOUND_TYPES } from './types.ts';

/** The secrets themselves, or where Secrets Manager has them. */
export type SecretSource = { list: readonly string[] } | { arn: string };

const BASE64 = z.base64().min(4);
const isSecret = (text: string): boolean =>
  text.startsWith('whsec_') && BASE64.safeParse(text.slice('whsec_'.length)).success;

/** Comma-separated while one replaces the other. */
export const signingSecrets = z
  .string()
  .transform((list) => list.split(',').map((secret) => secret.trim()))
  .refine(
    (list) => list.every(isSecret),
    'is not a secret of Standard Webhooks: whsec_ and base64',
  );

export interface WebhookConfig {
  name: string;
  url: string;
  /** All of them unless given. */
  types?: string[] | undefined;
  secret: SecretSource;
}

const webhook = z
  .strictObject({
    name: z.string().regex(/^[\w-]{1,40}$/, 'has to be 1 to 40 letters, digits, _ or -'),
    url: z.url({ abort: true }).superRefine((url, context) => {
      const complain = (message: string): void => context.addIssue({ code: 'custom', message });
      const { protocol, hostname, username, password } = new URL(url);
      const isHere = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
      if (protocol !== 'https:' && !(protocol === 'http:' && isHere)) complain('has to be https');
      if (username + password !== '') complain('must not hold a user name or a password');
    }),
    types: z
      .array(
        z.string().refine((type) => OUTBOUND_TYPES.includes(type), 'is not the type of any event'),
      )
      .min(1)
      .optional(),
    secret: signingSecrets.optional(),
    secretArn: z.string().startsWith('arn:', 'has to be an ARN').optional(),
  })
  .transform(({ secret: list, secretArn: arn, ...rest }, context): WebhookConfig => {
    if (list !== undefined && arn === undefined) return { ...rest, secret: { list } };
    if (list === undefined && arn !== undefined) return { ...rest, secret: { arn } };
    context.addIssue({
      code: 'custom',
      message: 'needs either a secret or a secretArn',
      path: ['secret'],
    });
    return z.NEVER;
  });

/** The webhooks to tell of events, as JSON text. */
export const outboundWebhooks = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue({ code: 'custom', message: 'is not JSON' });
      return z.NEVER;
    }
  })
  .pipe(
    z
      .array(webhook)
      .max(20)
      .refine(
        (list) => new Set(list.map(({ name }) => name)).size === list.length,
        'holds the same name twice',
      ),
  );
