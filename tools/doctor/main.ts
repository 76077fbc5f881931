// `npm run doctor`: looks a configuration over, and says what is wrong with it before customers do.
import { parseArgs } from 'node:util';

import { environmentOf } from '../environment.ts';
import { checksFor } from './checks.ts';
import { describe, examine } from './findings.ts';
import type { Mode } from './key.ts';

const USAGE = `usage: npm run doctor -- [options]

Looks at what the environment names and changes nothing. Ends with 1 when something is wrong, with 0 after mere warnings.

options
  --expect live|test  which kind of key Stripe's is to be
  --local             looks at the stack on this machine

environment
  STRIPE_API_KEY, PUBLIC_URL (of the HTTP API), TEMPORAL_ADDRESS and the like, TABLE_NAME, QUEUE_URL,
  DEAD_LETTER_QUEUE_URL: those of the functions and of the worker`;

const { local, expect } = readArguments();
try {
  const environment = await environmentOf(local, process.env);
  // Where the AWS SDK looks for its settings.
  Object.assign(process.env, environment);
  const findings = await examine(checksFor(environment, expect));
  for (const line of describe(findings)) console.log(line);
  process.exitCode = findings.some(({ level }) => level === 'error') ? 1 : 0;
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

function readArguments(): { local: boolean; expect: Mode | undefined } {
  try {
    const options = {
      local: { type: 'boolean', default: false },
      expect: { type: 'string' },
    } as const;
    const { values } = parseArgs({ options });
    if (values.expect !== undefined && values.expect !== 'live' && values.expect !== 'test') {
      throw new TypeError('--expect takes live or test.');
    }
    return { local: values.local, expect: values.expect };
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
