import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { chromium, type Browser } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
/** The browser is for the loopback interface, and is to leave the internet alone. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A real browser without a window: the machine's own, or else Playwright's download. */
export async function launchBrowser(): Promise<Browser> {
  const own = installed();
  if (own === undefined && !existsSync(chromium.executablePath())) download();
  return chromium.launch({ args: ARGS, ...(own !== undefined && { executablePath: own }) });
}

function installed(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...found, MAC].find((path) => existsSync(path));
}

function download(): void {
  console.log('no Chromium or Chrome on this machine: downloading one, once');
  const cli = join(import.meta.dirname, '../../node_modules/playwright-core/cli.js');
  const { status } = spawnSync(process.execPath, [cli, 'install', '--only-shell', 'chromium'], {
    stdio: 'inherit',
  });
  if (status !== 0) throw new Error('No browser could be had: install Chromium or Chrome.');
}
