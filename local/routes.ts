import { readFile } from 'node:fs/promises';

import { json, problem } from '../functions/shared/http.ts';
import type { EventBus } from './event-bus.ts';
import type { Gateway } from './gateway.ts';
import type { Inbox } from './inbox.ts';

/** What can be asked whether it answers; throws or says false when it does not. */
export type Checks = Record<string, () => Promise<boolean> | boolean>;

const PATIENCE_MS = 3000;
const PAGE = [
  { path: '/', file: 'dashboard/index.html', type: 'text/html' },
  { path: '/dashboard.css', file: 'dashboard/dashboard.css', type: 'text/css' },
  { path: '/dashboard.js', file: 'dashboard/dashboard.js', type: 'text/javascript' },
];
/** E-mails, which are shown in a frame without scripts, style themselves and bring pictures. */
const POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src * data:";

/** Where to look for what went out. */
export interface Outlets {
  inbox: Inbox;
  bus: EventBus;
}

/**
 * The routes that only a laptop has: how the parts are, where they are (for the tools that need to know), what has gone out,
 * and a page that shows it all.
 */
export function addLocalRoutes(
  gateway: Gateway,
  { inbox, bus }: Outlets,
  checks: Checks,
  environment: Record<string, string> = {},
): void {
  gateway.on('GET /api/environment', () => Promise.resolve(json(200, environment)));
  gateway.on('GET /api/health', async () => {
    const names = Object.keys(checks);
    const answers = await Promise.all(names.map((name) => isWell(checks[name]!)));
    const unwell = names.filter((_, index) => !answers[index]);
    const parts = Object.fromEntries(names.map((name, i) => [name, answers[i] ? 'ok' : 'failed']));
    return unwell.length === 0
      ? json(200, { status: 'ok', parts })
      : problem(503, `Not answering: ${unwell.join(', ')}.`, { parts });
  });
  const list = (path: string, found: (subscription?: string) => unknown[]): void =>
    gateway.on(`GET ${path}`, ({ queryStringParameters }) =>
      Promise.resolve({
        statusCode: 200,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(found(queryStringParameters?.['subscription'])),
      }),
    );
  list('/api/emails', (subscription) => inbox.emails(subscription));
  list('/api/events', (subscription) => bus.events(subscription));
  for (const { path, file, type } of PAGE) {
    gateway.on(`GET ${path}`, async () => ({
      statusCode: 200,
      headers: { 'content-type': `${type}; charset=utf-8`, 'content-security-policy': POLICY },
      body: await readFile(new URL(file, import.meta.url), 'utf8'),
    }));
  }
}

async function isWell(check: Checks[string]): Promise<boolean> {
  const tooLate = new Promise<boolean>((resolve) => {
    setTimeout(() => resolve(false), PATIENCE_MS).unref();
  });
  try {
    return await Promise.race([Promise.resolve(check()), tooLate]);
  } catch {
    return false;
  }
}
