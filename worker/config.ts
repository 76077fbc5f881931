import * as z from 'zod';

import type { Policy } from '../workflows/domain/policy.ts';
import type { Stream } from './email/streams.ts';

/** Mail programs post to nothing but HTTPS; a stack on this machine is excepted. */
const isReachable = (url: string): boolean =>
  /^https:|^http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|\/|$)/.test(url);
import { outboundWebhooks, type WebhookConfig } from './events/config.ts';

const ENVIRONMENT = z.object({
  TABLE_NAME: z.string().min(1),
  DEAD_LETTER_QUEUE_URL: z.url(),
  STRIPE_API_KEY: z.string().min(1),
  STRIPE_API_BASE: z.url().optional(),
  EMAIL_FROM: z.string().min(3),
  EMAIL_FROM_MARKETING: z.string().min(3).optional(),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  SES_CONFIGURATION_SET: z.string().min(1).optional(),
  SES_CONFIGURATION_SET_MARKETING: z.string().min(1).optional(),
  PRODUCT_NAME: z.string().min(1),
  EMAIL_TEMPLATES: z.string().min(1).optional(),
  MANAGE_URL: z.url().refine((url) => /\{id\}|%7Bid%7D/i.test(url), 'has no {id}'),
  PUBLIC_URL: z.url().refine(isReachable, 'is not an HTTPS address'),
  /** Comma-separated while rotating; the first one signs. */
  LINK_SECRET: z
    .string()
    .transform((list) => list.split(',')[0]!.trim())
    .refine((secret) => secret.length >= 16, 'is shorter than 16 characters'),
  EVENT_BUS_NAME: z.string().min(1).optional(),
  OUTBOUND_WEBHOOKS: outboundWebhooks.prefault('[]'),
  SHADOW: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
  WORKFLOW_BUNDLE: z.string().min(1).optional(),
  BUILD_ID: z.string().min(1).optional(),
  RECONCILE: z
    .string()
    .regex(/^(off|(\S+ ){4}\S+)$/, 'is neither off nor a cron expression such as 17 3 * * *')
    .default('17 3 * * *'),
  /** Checked in full where events come in. */
  LIFECYCLE_POLICY: z
    .string()
    .default('{}')
    .transform((text, context): Policy => {
      try {
        return z.record(z.string(), z.unknown()).parse(JSON.parse(text));
      } catch {
        context.addIssue({ code: 'custom', message: 'is not a JSON object' });
        return z.NEVER;
      }
    }),
  LOG_LEVEL: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO'),
});

export interface BillingConfig {
  apiKey: string;
  /** Where Stripe's API is, when not at Stripe. */
  apiBase?: string | undefined;
}

/** How the mail of one stream is sent. */
export interface Sender {
  from: string;
  /** SES's, to which events and a reputation of its own belong. */
  configurationSet?: string | undefined;
}

export interface EmailConfig {
  senders: Record<Stream, Sender>;
  /** SMTP when given, Amazon SES otherwise. */
  smtpUrl?: string | undefined;
  product: string;
  manageUrl: string;
  /** A folder with the merchant's own texts, layouts and branding. */
  templates?: string | undefined;
}

export interface LinkConfig {
  /** Where the world reaches the HTTP API. */
  publicUrl: string;
  secret: string;
}

/** Who is told of events. */
export interface EventsConfig {
  /** Name or ARN of a bus of EventBridge. */
  busName?: string | undefined;
  webhooks: WebhookConfig[];
}

export interface WorkerConfig {
  tableName: string;
  deadLetterQueueUrl: string;
  billing: BillingConfig;
  email: EmailConfig;
  links: LinkConfig;
  events: EventsConfig;
  /** Everything runs, and nothing goes out. */
  isShadow: boolean;
  /** File of the prebuilt workflow bundle; without one it is built at start. */
  workflowBundle?: string | undefined;
  /** Names this build in histories; short, as every task carries it. */
  buildId?: string | undefined;
  /** When the provider's subscriptions are compared with ours: a cron expression in UTC, or `off`. */
  reconcile: string;
  /** What subscriptions begin with that nobody but a reconciliation has heard of. */
  policy: Policy;
  logLevel: 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';
}

/** The worker's settings; throws an error that names every variable that is missing or wrong. */
export function readConfig(environment: NodeJS.ProcessEnv): Readonly<WorkerConfig> {
  const parsed = ENVIRONMENT.safeParse(environment);
  if (!parsed.success) {
    throw new Error(`The worker's environment is not complete.\n${z.prettifyError(parsed.error)}`);
  }
  const env = parsed.data;
  return Object.freeze({
    tableName: env.TABLE_NAME,
    deadLetterQueueUrl: env.DEAD_LETTER_QUEUE_URL,
    billing: { apiKey: env.STRIPE_API_KEY, apiBase: env.STRIPE_API_BASE },
    email: {
      senders: {
        transactional: { from: env.EMAIL_FROM, configurationSet: env.SES_CONFIGURATION_SET },
        marketing: {
          from: env.EMAIL_FROM_MARKETING ?? env.EMAIL_FROM,
          configurationSet: env.SES_CONFIGURATION_SET_MARKETING ?? env.SES_CONFIGURATION_SET,
        },
      },
      smtpUrl: env.SMTP_URL,
      product: env.PRODUCT_NAME,
      manageUrl: env.MANAGE_URL,
      templates: env.EMAIL_TEMPLATES,
    },
    links: { publicUrl: env.PUBLIC_URL.replace(/\/+$/, ''), secret: env.LINK_SECRET },
    events: { busName: env.EVENT_BUS_NAME, webhooks: env.OUTBOUND_WEBHOOKS },
    isShadow: env.SHADOW,
    workflowBundle: env.WORKFLOW_BUNDLE,
    buildId: env.BUILD_ID,
    reconcile: env.RECONCILE,
    policy: env.LIFECYCLE_POLICY,
    logLevel: env.LOG_LEVEL,
  });
}
