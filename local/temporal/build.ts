import { spawn } from 'node:child_process';
import { renameSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder } from '../cache.ts';
import { SERVER_VERSION } from './versions.ts';

const MODULE = `go.temporal.io/server/cmd/server@v${SERVER_VERSION}`;
const TELL_EVERY_MS = 10_000;
const extension = process.platform === 'win32' ? '.exe' : '';

/** Where a build of the pinned server is kept. */
export const serverPath = (): string =>
  join(cacheFolder(`temporal-server-${SERVER_VERSION}`), `server${extension}`);

/** Builds the pinned server with Go; takes some minutes, once. Throws with the reason when it cannot. */
export async function buildServer(
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<string> {
  const folder = cacheFolder(`temporal-server-${SERVER_VERSION}`, `building-${process.pid}`);
  say(`building the Temporal server ${SERVER_VERSION} with Go: this takes some minutes, once`);
  await goInstall(folder, say, signal);
  renameSync(join(folder, `server${extension}`), serverPath());
  return serverPath();
}

function goInstall(
  folder: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const started = Date.now();
  return new Promise((resolve, reject) => {
    const child = spawn('go', ['install', '-v', MODULE], {
      env: { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' },
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
      killSignal: 'SIGINT', // on which Go ends its compilers as well
    });
    let last = '';
    let packages = 0;
    child.stderr.on('data', (chunk: Buffer) => {
      const lines = chunk.toString().split('\n').filter(Boolean);
      packages += lines.filter((line) => !line.startsWith('go: ')).length;
      last = lines.at(-1) ?? last;
    });
    const progress = setInterval(() => {
      const seconds = Math.round((Date.now() - started) / 1000);
      say(`building the Temporal server: ${seconds} s, ${packages} packages compiled`);
    }, TELL_EVERY_MS);
    const over = (error?: Error): void => {
      clearInterval(progress);
      if (error) reject(error);
      else resolve();
    };
    child.once('error', () => over(new Error('Go is not on PATH')));
    child.once('exit', (code) =>
      over(code === 0 ? undefined : new Error(`go install failed: ${last}`)),
    );
  });
}
