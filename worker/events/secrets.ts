import { SecretsProvider } from '@aws-lambda-powertools/parameters/secrets';
import { log } from '@temporalio/activity';

import { signingSecrets, type SecretSource } from './config.ts';

/** A rotation is known to every worker after this long. */
const MAX_AGE_SECONDS = 300;
const OPTIONS = {
  maxAttempts: 2,
  requestHandler: { connectionTimeout: 1000, requestTimeout: 1000, throwOnRequestTimeout: true },
};

/** The secrets to sign with; those of Secrets Manager are kept for a while, and for longer while it is away. */
export function createSecrets(source: SecretSource): () => Promise<readonly string[]> {
  if ('list' in source) return () => Promise.resolve(source.list);
  const { arn } = source;
  const provider = new SecretsProvider({ clientConfig: OPTIONS });
  let last: readonly string[] | undefined;
  return async () => {
    try {
      const found = await provider.get(arn, { maxAge: MAX_AGE_SECONDS });
      last = signingSecrets.parse(found);
    } catch (error) {
      const { name } = error as Error;
      if (last === undefined) {
        throw new Error(`its secret ${arn} cannot be used: ${name}`, { cause: error });
      }
      log.warn('a secret could not be read again', { arn, reason: name });
    }
    return last;
  };
}
