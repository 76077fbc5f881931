import { dirname } from 'node:path';

import type { Plugin } from 'esbuild';

/**
 * A function's credentials are in its environment. The AWS SDK's default also looks into profiles, SSO, containers and
 * instances, with a client for each: a fifth of a small bundle.
 */
export const lambdaCredentials: Plugin = {
  name: 'lambda-credentials',
  setup(build) {
    build.onLoad(
      { filter: /@aws-sdk[\\/]credential-provider-node[\\/].*index\.js$/ },
      ({ path }) => ({
        resolveDir: dirname(path),
        contents: `export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';`,
      }),
    );
  },
};
