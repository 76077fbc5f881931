import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { cacheFolder } from '../cache.ts';
import { buildServer, serverPath } from './build.ts';
import { download } from './download.ts';
import { CLI_AT_LEAST, SERVER_VERSION } from './versions.ts';

/** A Temporal server that can be started: the CLI's development server, or the server itself. */
export interface ServerBinary {
  kind: 'cli' | 'server';
  path: string;
}

/** One place to look for a server; the reason of a failure is told, and the next place is tried. */
interface Place {
  what: string;
  find: (say: (line: string) => void, signal: AbortSignal) => Promise<ServerBinary>;
}

const PLACES: Place[] = [
  { what: 'the temporal command', find: onPath },
  { what: "the SDK's download", find: downloaded },
  { what: 'an earlier build', find: earlierBuild },
  { what: 'a build from source', find: built },
];

/** Finds a server in the order above, saying in one line why a place has none. Throws when no place has one. */
export async function findServer(
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<ServerBinary> {
  for (const [index, { what, find }] of PLACES.entries()) {
    try {
      return await find(say, signal);
    } catch (error) {
      signal.throwIfAborted();
      const next = PLACES[index + 1];
      const reason = error instanceof Error ? error.message : String(error);
      say(`${what}: ${reason}${next ? `; trying ${next.what}` : ''}`);
    }
  }
  throw new Error(
    'No Temporal server could be found or built. Install the Temporal CLI 1.9 or newer (https://docs.temporal.io/cli) ' +
      'or Go 1.26 or newer, or set TEMPORAL_ADDRESS to a running server.',
  );
}

async function onPath(): Promise<ServerBinary> {
  const version = await promisify(execFile)('temporal', ['--version']).then(
    ({ stdout }) => /(\d+)\.(\d+)\.\d+/.exec(stdout),
    () => {
      throw new Error('not on PATH');
    },
  );
  const [major = 0, minor = 0] = (version ?? []).slice(1).map(Number);
  if (major * 1000 + minor < CLI_AT_LEAST[0] * 1000 + CLI_AT_LEAST[1]) {
    throw new Error(`${version?.[0] ?? 'its version'} is older than ${CLI_AT_LEAST.join('.')}`);
  }
  return { kind: 'cli', path: 'temporal' };
}

async function downloaded(...[say, signal]: Parameters<Place['find']>): Promise<ServerBinary> {
  return {
    kind: 'cli',
    path: await download('cli', say, { signal, hasFallback: existsSync(serverPath()) }),
  };
}

async function built(...[say, signal]: Parameters<Place['find']>): Promise<ServerBinary> {
  return { kind: 'server', path: await buildServer(say, signal) };
}

function earlierBuild(): Promise<ServerBinary> {
  const path = serverPath();
  return existsSync(path)
    ? Promise.resolve({ kind: 'server', path })
    : Promise.reject(new Error(`no ${SERVER_VERSION} in ${join(cacheFolder())}`));
}
