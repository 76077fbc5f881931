import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { cacheFolder } from '../cache.ts';
import { SDK_VERSION } from './versions.ts';

/** What the SDK can download: the CLI with its development server, or the time-skipping test server. */
export type Artifact = 'cli' | 'test-server';

const FILE = { cli: 'temporal', 'test-server': 'temporal-test-server' };
const PATIENCE_MS = 180_000;
/** Where an earlier build is at hand, which there would not be if downloads went well. */
const SHORT_PATIENCE_MS = 10_000;

/**
 * The path of the SDK's own download, fetched once. Throws with the reason when it cannot be had: soon, when there is
 * something else to use.
 */
export async function download(
  artifact: Artifact,
  say: (line: string) => void,
  { signal, hasFallback = false }: { signal?: AbortSignal; hasFallback?: boolean } = {},
): Promise<string> {
  const folder = cacheFolder('downloads');
  const extension = process.platform === 'win32' ? '.exe' : '';
  const path = join(folder, `${FILE[artifact]}-sdk-typescript-${SDK_VERSION}${extension}`);
  if (existsSync(path)) return path;
  say(`downloading ${FILE[artifact]} through the SDK …`);
  await runSdk(artifact, folder, hasFallback ? SHORT_PATIENCE_MS : PATIENCE_MS, signal);
  if (!existsSync(path)) throw new Error(`the download did not leave ${path}`);
  return path;
}

/** In a process of its own, as the SDK can neither be told to hurry nor to download without starting. */
function runSdk(
  artifact: Artifact,
  folder: string,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const script = fileURLToPath(new URL('sdk-download.ts', import.meta.url));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, artifact, folder], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: patienceMs,
      killSignal: 'SIGKILL',
      ...(signal && { signal }),
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.once('error', reject);
    child.once('exit', (code) => {
      const reason = said.trim().split('\n').at(-1) || `not there after ${patienceMs / 1000} s`;
      if (code === 0) resolve();
      else reject(new Error(reason));
    });
  });
}
