// `npm run schedule -- <action>`: steers the nightly reconciliation.
import { parseArgs } from 'node:util';

import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

import { environmentOf } from '../environment.ts';
import { ACTIONS, steer, type Order } from './steer.ts';

const USAGE = `usage: npm run schedule -- <action> [options]

actions
  describe    when it runs next, and how the last run went
  pause       no more runs until it is resumed     --note why
  resume                                           --note why
  trigger     one run now; none while one runs
  backfill    the runs of a time that has passed   --from and --to, instants such as 2026-11-20T00:00:00Z

options
  --local     the stack on this machine

environment
  TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the like, as the worker has them`;

const { local, order } = readArguments();
try {
  Object.assign(process.env, await environmentOf(local, process.env));
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({
    disableFile: true,
  });
  const connection = await Connection.connect(connectionOptions);
  try {
    const found = await steer(new Client({ connection, namespace }), order);
    console.log(JSON.stringify(found, undefined, 2));
  } finally {
    await connection.close();
  }
} catch (error) {
  fail(error instanceof Error ? error.message : String(error), 1);
}

function readArguments(): { local: boolean; order: Order } {
  try {
    const text = { type: 'string' } as const;
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { local: { type: 'boolean', default: false }, note: text, from: text, to: text },
    });
    const { local: isLocal, note, from, to } = values;
    const action = ACTIONS.find((each) => each === positionals[0]);
    if (action === undefined || positionals.length > 1) throw new TypeError('Which action?');
    if (action === 'backfill' && (from === undefined || to === undefined)) {
      throw new TypeError('A backfill needs --from and --to.');
    }
    const times = {
      ...(from !== undefined && { from: instant('from', from) }),
      ...(to !== undefined && { to: instant('to', to) }),
    };
    return { local: isLocal, order: { action, ...(note !== undefined && { note }), ...times } };
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`, 2);
  }
}

function instant(name: string, text: string): string {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new TypeError(`--${name} takes an instant, not "${text}".`);
  return new Date(ms).toISOString();
}

function fail(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}
