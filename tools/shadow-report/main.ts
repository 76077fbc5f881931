// `npm run shadow-report -- --from <instant> --to <instant>`: what a shadow would have sent and charged.
import { parseArgs } from 'node:util';

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import { environmentOf } from '../environment.ts';
import { asCsv, asNdjson, withheld } from './report.ts';

const USAGE = `usage: npm run shadow-report -- --from <instant> --to <instant> [options]

Lists what a worker with SHADOW=true would have sent and charged, as CSV; --to itself counts. Reads the whole table.

options
  --ndjson   one JSON object on each line instead
  --local    of the stack on this machine

environment
  TABLE_NAME, and what the AWS SDK needs to read that table`;

const { values } = readArguments();
const [from, to] = [instant('from'), instant('to')];
try {
  const environment = await environmentOf(values.local, process.env);
  // Where the AWS SDK looks for its settings.
  Object.assign(process.env, environment);
  const name = environment['TABLE_NAME'];
  if (!name) throw new Error('TABLE_NAME: is not set.');
  const all = await withheld(DynamoDBDocumentClient.from(new DynamoDBClient({})), name, {
    from,
    to,
  });
  for (const line of (values.ndjson ? asNdjson : asCsv)(all)) console.log(line);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}

/** A day, or an instant with an offset; a day without more begins at midnight, UTC. */
function instant(name: 'from' | 'to'): string {
  const text = values[name];
  if (text === undefined) return fail(USAGE);
  const isKnown = /^\d{4}-\d\d-\d\d(T.*(Z|[+-]\d\d:\d\d))?$/.test(text);
  const ms = isKnown ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) return fail(`--${name} takes a day or an instant, not "${text}".`);
  return new Date(ms).toISOString();
}

function readArguments() {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  try {
    return parseArgs({ options: { from: text, to: text, ndjson: flag, local: flag } });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
