import { getSecret } from '@aws-lambda-powertools/parameters/secrets';

import { secretList, type SecretSource } from './config.ts';
import { logger } from './observability.ts';

/** The secrets that are valid at the moment, the new and the old one while rotating. */
export type Secrets = () => Promise<readonly string[]>;

/** A rotation is known to every sandbox after this long, without a deployment. */
const MAX_AGE_SECONDS = 300;

/** Secrets as they stand in the environment, or as Secrets Manager has them; what was known last serves while it is away. */
export function createSecrets(source: SecretSource): Secrets {
  if ('list' in source) return () => Promise.resolve(source.list);
  const { arn } = source;
  let known: readonly string[] | undefined;
  return async () => {
    try {
      known = secretList.parse(await getSecret(arn, { maxAge: MAX_AGE_SECONDS }));
    } catch (error) {
      if (known === undefined) {
        throw new Error(`The secret ${arn} could not be read.`, { cause: error });
      }
      logger.warn('a secret could not be read again', { arn, reason: (error as Error).name });
    }
    return known;
  };
}
