import { setTimeout as sleep } from 'node:timers/promises';

import { fromMs, toMs, type Instant } from '../../../workflows/domain/time.ts';
import { HttpError } from '../http.ts';
import type { Execution, Snapshot } from './execution.ts';
import type { ClockHooks } from './hooks.ts';

const POLL_MS = 10;
const NO_PROGRESS_MS = 60_000;

/** Everything that an advance moves, and what it reports to. */
export interface Clock {
  subscription: string;
  /** The message groups that concern it: its own and its customer's. */
  groups: readonly string[];
  execution: Pick<Execution, 'look' | 'skip'>;
  hooks: ClockHooks;
  /** Called before every hop, so that whoever holds a lock can renew it. */
  onHop: () => Promise<void>;
}

/**
 * Takes a subscription to `target`, hop by hop: settle, let the idle time until the next due instant pass, settle, let the
 * provider say what it has to say by then, settle. Returns where it stands; throws an {@link HttpError} 504 naming what is
 * pending when nothing moves for a minute.
 */
export async function advanceTo(clock: Clock, target: Instant): Promise<Snapshot> {
  for (;;) {
    const at = await settle(clock);
    if (at.isClosed) return at;
    const provider = await providerNext(clock);
    if (provider !== undefined && provider <= at.now) {
      await clock.hooks.advanceProvider(clock.subscription, fromMs(at.now));
      continue;
    }
    const end = endOf(toMs(target), at);
    if (at.now >= end) return at;
    await clock.onHop();
    // Never beyond the next timer: were it to fire just now, it would be dealt with at the end of the skip.
    const timer = at.next?.fires ?? Infinity;
    const stop = Math.min(end, provider ?? Infinity, timer);
    // What the workflow asks of the provider there is asked at that time; the provider itself speaks only afterwards.
    await clock.hooks.advanceProvider(
      clock.subscription,
      fromMs(stop === provider ? stop - 1 : stop),
    );
    await clock.execution.skip(stop - at.now);
  }
}

/** What is due by the target belongs to it, also when its timer fires a little later. */
const endOf = (target: number, { next }: Snapshot): number =>
  next !== undefined && next.due <= target ? Math.max(target, next.fires) : target;

/** The next instant at which anything happens to the subscription, if anything is to. */
export async function nextInstant(clock: Clock): Promise<Instant | undefined> {
  const { isClosed, now, next } = await settle(clock);
  if (isClosed) return undefined;
  const first = Math.min(next?.due ?? Infinity, (await providerNext(clock)) ?? Infinity);
  return Number.isFinite(first) ? fromMs(Math.max(first, now)) : undefined;
}

async function providerNext({ hooks, subscription }: Clock): Promise<number | undefined> {
  const next = await hooks.providerNext(subscription);
  return next === undefined ? undefined : toMs(next);
}

/** Waits until no message is under way, and nothing in the workflow is either. */
export async function settle({ groups, execution, hooks }: Clock): Promise<Snapshot> {
  let mark = '';
  let deadline = 0;
  for (;;) {
    const queued = await hooks.queued(groups);
    const seen = await execution.look();
    const settled = queued === 0 && seen.pending === undefined;
    // A message may have become a signal between the two looks.
    if (settled && (await hooks.queued(groups)) === 0) return seen;
    const progress = `${queued} ${seen.mark}`;
    if (progress !== mark) deadline = Date.now() + NO_PROGRESS_MS;
    mark = progress;
    if (Date.now() > deadline) throw stuck(queued, seen);
    await sleep(POLL_MS);
  }
}

function stuck(queued: number, { pending }: Snapshot): HttpError {
  const messages = queued > 0 ? `${queued} messages are in the queue` : undefined;
  const what = [messages, pending].filter((each) => each !== undefined).join('; ');
  return new HttpError(504, `Nothing has moved for ${NO_PROGRESS_MS / 1000} s: ${what}.`);
}
