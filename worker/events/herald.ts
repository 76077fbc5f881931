import { log } from '@temporalio/activity';

import type { Change } from '../../workflows/domain/records.ts';
import { linesOf, settled, type Line } from './lines.ts';
import type { Listener } from './listener.ts';
import { outboundEvent } from './outbound-event.ts';
import type { Mark, Outbox } from './outbox.ts';
import { typeOf } from './types.ts';

/** Tells listeners what happens: each of them everything, at least once, and what it has not heard before in order. */
export interface Herald {
  /** Tells the events of a change that has been saved; answers whether everybody has heard them. */
  tell(change: Change): Promise<boolean>;
  /** Tells what has been missed; throws unless that is done. */
  catchUp(subscription: string): Promise<void>;
}

/** How long a listener may take over one event, and over what is told at once. */
const ANSWER_MS = 5000;
/** When a try to catch up leaves the rest to the next one. */
const TRY_MS = 15_000;

/**
 * The usual way costs one look at the marks: a change is told as soon as it is saved. A listener that does not take an
 * event gets a mark, and from then on is told by {@link Herald.catchUp} alone, from the lines that are in the table, until it
 * knows them all. Who catches up takes the mark away only if nobody has extended it since the lines were read.
 */
export function createHerald(listeners: readonly Listener[], outbox: Outbox): Herald {
  return {
    async tell(change) {
      const { id } = change.projection;
      const lines = linesOf(change);
      const concerned = listeners.filter((listener) =>
        lines.some(({ type }) => listener.wants(typeOf(type))),
      );
      if (concerned.length === 0) return true;
      const marks = await outbox.marks(id);
      const told = await allDone(
        concerned.map((listener) => tellOrMark(listener, id, lines, marks.get(listener.name))),
      );
      return told.every(Boolean);
    },
    async catchUp(subscription) {
      const until = Date.now() + TRY_MS;
      const marks = await outbox.marks(subscription);
      const behind = listeners.filter(({ name }) => marks.has(name));
      await allDone(behind.map((listener) => bringUpToDate(listener, subscription, until)));
    },
  };

  async function tellOrMark(
    listener: Listener,
    subscription: string,
    lines: Line[],
    mark: Mark | undefined,
  ): Promise<boolean> {
    if (mark && (await outbox.extend(subscription, mark, lines[0]!.sk))) return false;
    const until = Date.now() + ANSWER_MS;
    for (const line of lines.filter(({ type }) => listener.wants(typeOf(type)))) {
      try {
        await tellLine(listener, subscription, line, until);
      } catch (error) {
        log.warn('a listener has to be told later', {
          listener: listener.name,
          reason: said(error),
        });
        await outbox.leave(subscription, listener.name, line.sk);
        return false;
      }
    }
    return true;
  }

  async function bringUpToDate(
    listener: Listener,
    subscription: string,
    until: number,
  ): Promise<void> {
    for (;;) {
      const mark = (await outbox.marks(subscription)).get(listener.name);
      if (mark === undefined || (await isFinished(listener, subscription, mark, until))) return;
    }
  }

  /** False when the mark has been changed by somebody else: then it says anew what is missing. */
  async function isFinished(
    listener: Listener,
    subscription: string,
    mark: Mark,
    until: number,
  ): Promise<boolean> {
    let last = mark;
    try {
      for (const line of settled(await outbox.lines(subscription, mark))) {
        if (line.sk < mark.from || !listener.wants(typeOf(line.type))) continue;
        if (Date.now() >= until) throw new Error('there is more to tell');
        await tellLine(listener, subscription, line, Date.now() + ANSWER_MS);
        const moved = await outbox.pass(subscription, last, line);
        if (moved === undefined) return false;
        last = moved;
      }
    } catch (error) {
      throw new Error(`${listener.name}: ${said(error)}`, { cause: error });
    }
    return outbox.remove(subscription, last);
  }
}

async function tellLine(
  listener: Listener,
  subscription: string,
  line: Line,
  until: number,
): Promise<void> {
  const left = until - Date.now();
  if (left <= 0) throw new Error('no time is left');
  const signal = AbortSignal.timeout(left);
  // Not everything that may take its time heeds a signal: credentials have to be fetched as well.
  const { promise: late, reject } = Promise.withResolvers<never>();
  signal.addEventListener('abort', () => reject(new Error('no answer in time')), { once: true });
  await Promise.race([late, listener.tell(outboundEvent(subscription, line), signal)]);
}

/** Waits for all of them, also when one fails, so that nothing goes on behind what follows. */
async function allDone<T>(works: Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(works);
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new Error(failures.map(said).join('; '), { cause: failures[0] });
  return results.map((result) => (result as PromiseFulfilledResult<T>).value);
}

/** The kind of failure, where it has one, and its words. */
const said = (error: unknown): string =>
  error instanceof Error ? `${error}`.replace(/^Error: /, '') : String(error);
