import * as z from 'zod';

const ENVIRONMENT = z.object({
  PORT: z.coerce.number().int(),
  /** Where events are posted. */
  WEBHOOK_URL: z.url(),
  WEBHOOK_SECRET: z.string().min(1),
});

/** The simulated provider's settings; throws naming what is missing. */
export function readConfig(environment: NodeJS.ProcessEnv): z.output<typeof ENVIRONMENT> {
  const parsed = ENVIRONMENT.safeParse(environment);
  if (!parsed.success) {
    throw new Error(
      `The provider's environment is not complete.\n${z.prettifyError(parsed.error)}`,
    );
  }
  return parsed.data;
}
