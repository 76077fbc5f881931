import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build, stop } from 'esbuild';

import { BUNDLE_FILE, FUNCTION_NAMES, FUNCTIONS } from '../manifest.ts';
import { lambdaCredentials } from './lambda-credentials.ts';
import { slimTemporal } from './slim-temporal.ts';

/** Bundles every function into a folder of its own under `outDir`: what is deployed, and what runs locally. */
export async function bundleFunctions(outDir: string): Promise<void> {
  await Promise.all(
    FUNCTION_NAMES.map((name) =>
      build({
        entryPoints: [fileURLToPath(new URL(`../${name}.ts`, import.meta.url))],
        outfile: join(outDir, name, BUNDLE_FILE),
        bundle: true,
        minify: true,
        platform: 'node',
        target: 'node24',
        format: 'cjs',
        // The AWS SDK's ES modules can be shaken, its CommonJS cannot.
        mainFields: ['module', 'main'],
        legalComments: 'none',
        logLevel: 'error',
        plugins: [slimTemporal(FUNCTIONS[name].rpcs), lambdaCredentials],
      }),
    ),
  );
  // Its service is a process of its own, which would outlive the last bundle.
  await stop();
}
