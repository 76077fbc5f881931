import { setTimeout as sleep } from 'node:timers/promises';

import { Webhook } from 'standardwebhooks';

import type { Message } from './judge.ts';
import type { Progress } from './progress.ts';

/** The stack that takes the messages. */
export interface Target {
  url: string;
  secret: string;
}

interface Sending {
  target: Target;
  progress: Progress;
  /** Hears how many have been taken so far. */
  onSent: (count: number) => void;
  concurrency?: number;
  wait?: (ms: number) => Promise<unknown>;
}

/** What became of a sending; `failure` is why it ended before its time. */
export interface Sent {
  sent: number;
  before: number;
  failure?: string;
}

const CONCURRENCY = 8;
const TRIES = 6;
const ANSWER_MS = 15_000;
const LONGEST_WAIT_MS = 30_000;
/** What passes by itself. */
const BUSY = new Set([429, 502, 503, 504]);

/**
 * Sends what has not been taken yet, a few at a time. What the stack does not take ends it all, as it would not take the
 * next one either; another run goes on from there.
 */
export async function sendAll(
  messages: readonly Message[],
  { target, progress, onSent, concurrency = CONCURRENCY, wait = sleep }: Sending,
): Promise<Sent> {
  const open = messages.filter(({ id }) => !progress.has(id));
  // Shared by all, and an array's: who stops early does not end it for the others.
  const left = open.values();
  let sent = 0;
  let failure: string | undefined;
  const work = async (): Promise<void> => {
    for (const message of left) {
      try {
        await post(message, target, wait);
        await progress.add(message.id);
      } catch (error) {
        failure ??= `${message.subject}: ${error instanceof Error ? error.message : String(error)}`;
      }
      if (failure !== undefined) return;
      sent += 1;
      onSent(sent);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { sent, before: messages.length - open.length, ...(failure && { failure }) };
}

async function post(
  message: Message,
  { url, secret }: Target,
  wait: (ms: number) => Promise<unknown>,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const answer = await tryOnce(message, url, secret);
    if (answer.isTaken) return;
    if (!answer.isTransient || attempt === TRIES) {
      throw new Error(`${answer.says}${attempt > 1 ? ` after ${attempt} tries` : ''}`);
    }
    await wait(Math.min(answer.retryAfterMs ?? 500 * 2 ** (attempt - 1), LONGEST_WAIT_MS));
  }
}

interface Answer {
  isTaken: boolean;
  isTransient: boolean;
  says: string;
  retryAfterMs?: number;
}

async function tryOnce(message: Message, url: string, secret: string): Promise<Answer> {
  const body = JSON.stringify(message);
  const now = new Date();
  let response: Response;
  try {
    response = await fetch(`${url}/webhooks/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'webhook-id': message.id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign(message.id, now, body),
      },
      body,
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    const why = cause?.code ?? (error as Error).name;
    return { isTaken: false, isTransient: true, says: `nothing answers at ${url} (${why})` };
  }
  const { detail = '' } = (await response.json().catch(() => ({}))) as { detail?: string };
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return {
    isTaken: response.ok,
    isTransient: BUSY.has(response.status),
    says: `${response.status} ${detail}`.trim(),
    ...(seconds >= 0 && { retryAfterMs: seconds * 1000 }),
  };
}
