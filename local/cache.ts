import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A folder outside the checkout that outlives it, for what takes long to get; `PERENNIAL_CACHE` moves it. */
export function cacheFolder(...path: string[]): string {
  const folder = join(root(), ...path);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function root(): string {
  const { PERENNIAL_CACHE, XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  if (PERENNIAL_CACHE) return PERENNIAL_CACHE;
  if (process.platform === 'win32' && LOCALAPPDATA) return join(LOCALAPPDATA, 'perennial');
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'perennial');
  return join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'perennial');
}
