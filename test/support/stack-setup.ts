// Vitest's global setup for the end-to-end tests: one stack for all files that do not break anything.
import type { TestProject } from 'vitest/node';

import { readConfig } from '../../local/config.ts';
import { startStack } from '../../local/stack.ts';

declare module 'vitest' {
  interface ProvidedContext {
    stackUrl: string;
    providerUrl: string;
    temporalEnvironment: Record<string, string>;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const say = (line: string): boolean => process.stdout.write(`${line}\n`);
  const stack = await startStack({
    config: readConfig({ PORT: '4900' }),
    say,
    onCrash: (reason) => say(`the stack of the end-to-end tests: ${reason}`),
  });
  project.provide('stackUrl', stack.url);
  project.provide('providerUrl', stack.provider.baseUrl);
  project.provide('temporalEnvironment', stack.temporal.environment);
  return () => stack.stop();
}
