// `npm run import -- <file.ndjson|file.csv|stripe>`: takes over subscriptions that something else has run so far.
import { parseArgs } from 'node:util';

import { fromMs } from '../../workflows/domain/time.ts';
import { readConfig } from './config.ts';
import { runImport } from './run.ts';

const USAGE = `usage: npm run import -- <file.ndjson|file.csv|stripe> [options]

Says what would become of every line, and sends nothing unless told to. docs/migration.md has the columns.

options
  --apply      sends it to the stack
  --partial    sends what is usable though some lines are not
  --url <url>  where the stack is; http://127.0.0.1:$PORT by default

environment
  WEBHOOK_SECRET    signs what is sent; a stack on this machine needs none
  LIFECYCLE_POLICY  the installation's own, so that the dry run says what will be
  STRIPE_API_KEY    lists the subscriptions of \`stripe\``;

const { values, positionals } = readArguments();
const [source] = positionals;
if (source === undefined || positionals.length > 1) fail(USAGE);

try {
  process.exitCode = await runImport({
    source,
    apply: values.apply,
    partial: values.partial,
    config: readConfig(process.env, values.url),
    now: fromMs(Date.now()),
    say: (line) => console.log(line),
    mutter: (line) => console.error(line),
  });
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

function readArguments() {
  const flag = { type: 'boolean', default: false } as const;
  const options = { apply: flag, partial: flag, url: { type: 'string' } } as const;
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
