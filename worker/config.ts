import * as z from 'zod';

const ENVIRONMENT = z.object({
  TABLE_NAME: z.string().min(1),
  DEAD_LETTER_QUEUE_URL: z.url(),
  STRIPE_API_KEY: z.string().min(1),
  STRIPE_API_BASE: z.url().optional(),
  EMAIL_FROM: z.string().min(3),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  SES_CONFIGURATION_SET: z.string().min(1).optional(),
  PRODUCT_NAME: z.string().min(1),
  MANAGE_URL: z.url().refine((url) => /\{id\}|%7Bid%7D/i.test(url), 'has no {id}'),
  WORKFLOW_BUNDLE: z.string().min(1).optional(),
  BUILD_ID: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).default('INFO'),
});

export interface BillingConfig {
  apiKey: string;
  /** Where Stripe's API is, when not at Stripe. */
  apiBase?: string | undefined;
}

export interface EmailConfig {
  from: string;
  /** SMTP when given, Amazon SES otherwise. */
  smtpUrl?: string | undefined;
  configurationSet?: string | undefined;
  product: string;
  manageUrl: string;
}

export interface WorkerConfig {
  tableName: string;
  deadLetterQueueUrl: string;
  billing: BillingConfig;
  email: EmailConfig;
  /** File of the prebuilt workflow bundle; without one it is built at start. */
  workflowBundle?: string | undefined;
  /** Names this build in histories; short, as every task carries it. */
  buildId?: string | undefined;
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
      from: env.EMAIL_FROM,
      smtpUrl: env.SMTP_URL,
      configurationSet: env.SES_CONFIGURATION_SET,
      product: env.PRODUCT_NAME,
      manageUrl: env.MANAGE_URL,
    },
    workflowBundle: env.WORKFLOW_BUNDLE,
    buildId: env.BUILD_ID,
    logLevel: env.LOG_LEVEL,
  });
}
