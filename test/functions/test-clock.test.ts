import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { advanceTo, nextInstant, type Clock } from '../../functions/shared/test-clock/advance.ts';
import type { Snapshot } from '../../functions/shared/test-clock/execution.ts';
import { createClockLock } from '../../functions/shared/test-clock/lock.ts';
import { fromMs, toMs } from '../../workflows/domain/time.ts';
import { day, T0 } from '../support/fixtures.ts';
import { useTable } from '../support/table.ts';

/** A workflow whose time stands still unless it is skipped; what is due happens when time gets there, or `lateMs` after. */
function world({ timers = [] as string[], provider = [] as string[], lateMs = 0 } = {}) {
  const fires = (timer: string): number => toMs(timer) + lateMs;
  const log: string[] = [];
  let now = toMs(T0);
  let isClosed = false;
  let queue = 0;
  const snapshot = (): Snapshot => {
    while (timers[0] !== undefined && fires(timers[0]) <= now) log.push(`timer ${timers.shift()}`);
    return {
      isClosed,
      now,
      next: timers[0] && { due: toMs(timers[0]), fires: fires(timers[0]) },
      pending: undefined,
      mark: String(log.length),
    } as Snapshot;
  };
  const clock: Clock = {
    subscription: 'sub_1',
    groups: ['sub_1', 'cus_1'],
    execution: {
      look: () => Promise.resolve(snapshot()),
      skip: (ms) => {
        const target = Math.min(now + ms, ...timers.map(fires));
        log.push(`skip to ${fromMs(target)}`);
        now = target;
        return Promise.resolve();
      },
    },
    hooks: {
      queued: () => Promise.resolve(queue > 0 ? queue-- : 0),
      providerNext: () => Promise.resolve(provider[0]),
      advanceProvider: (_, to) => {
        while (provider[0] !== undefined && provider[0] <= to) {
          log.push(`provider ${provider.shift()}`);
          queue += 2;
        }
        return Promise.resolve();
      },
    },
    onHop: () => Promise.resolve(),
  };
  return { clock, log, close: () => (isClosed = true) };
}

describe('an advance', () => {
  it('stops at every timer on its way', async () => {
    const { clock, log } = world({ timers: [day(7), day(11), day(30)] });
    const end = await advanceTo(clock, day(14));
    expect(end.now).toBe(toMs(day(14)));
    expect(log).toEqual([
      `skip to ${day(7)}`,
      `timer ${day(7)}`,
      `skip to ${day(11)}`,
      `timer ${day(11)}`,
      `skip to ${day(14)}`,
    ]);
  });

  it('takes along what is due at its end, though the timer fires a little later', async () => {
    const { clock, log } = world({ timers: [day(7), day(8)], lateMs: 300 });
    const end = await advanceTo(clock, day(7));
    expect(log).toContain(`timer ${day(7)}`);
    expect(log).not.toContain(`timer ${day(8)}`);
    expect(end.now).toBe(toMs(day(7)) + 300);
  });

  it('lets the provider speak at its own instants, between the timers', async () => {
    const { clock, log } = world({ timers: [day(7)], provider: [day(3), day(9)] });
    await advanceTo(clock, day(10));
    expect(log.filter((line) => !line.startsWith('skip'))).toEqual([
      `provider ${day(3)}`,
      `timer ${day(7)}`,
      `provider ${day(9)}`,
    ]);
  });

  it('lets the provider speak first when it is behind', async () => {
    const { clock, log } = world({ timers: [day(7)], provider: [day(-1)] });
    await advanceTo(clock, day(1));
    expect(log[0]).toBe(`provider ${day(-1)}`);
  });

  it('ends when the subscription does', async () => {
    const { clock, close } = world();
    close();
    expect(await advanceTo(clock, day(14))).toMatchObject({ isClosed: true });
  });
});

describe('the next instant', () => {
  it.each([
    [{ timers: [day(7)], provider: [day(3)] }, day(3)],
    [{ timers: [day(7)], provider: [day(9)] }, day(7)],
    [{ timers: [day(7)] }, day(7)],
    [{}, undefined],
  ])('of %j is %s', async (parts, expected) => {
    expect(await nextInstant(world(parts).clock)).toBe(expected);
  });
});

describe('a clock that gets nowhere', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('gives up after a minute and names what is pending', async () => {
    const { clock } = world();
    const stuck: Clock = {
      ...clock,
      execution: {
        ...clock.execution,
        look: () =>
          Promise.resolve({
            isClosed: false,
            now: 0,
            next: undefined,
            pending: 'activities are under way: charge',
            mark: 'x',
          }),
      },
    };
    const outcome = advanceTo(stuck, day(1)).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(61_000);
    expect(await outcome).toMatchObject({
      status: 504,
      message: 'Nothing has moved for 60 s: activities are under way: charge.',
    });
  });
});

describe('the lock of a clock', () => {
  const table = useTable();

  it('lets one advance run at a time, for each subscription', async () => {
    const lock = createClockLock(table.name);
    await lock('sub_lock', async (renew) => {
      await renew();
      await expect(lock('sub_lock', () => Promise.resolve())).rejects.toMatchObject({
        status: 409,
      });
      expect(await lock('sub_other', () => Promise.resolve('went'))).toBe('went');
    });
    expect(await lock('sub_lock', () => Promise.resolve('went'))).toBe('went');
  });

  it('is given back when the advance fails', async () => {
    const lock = createClockLock(table.name);
    await expect(lock('sub_fail', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await lock('sub_fail', () => Promise.resolve('went'))).toBe('went');
  });

  it('of a holder that has died runs out', async () => {
    const lock = createClockLock(table.name);
    await table.put({
      pk: 'SUBSCRIPTION#sub_dead',
      sk: 'CLOCK',
      holder: 'x',
      expiresAt: Date.now() - 1,
    });
    expect(await lock('sub_dead', () => Promise.resolve('went'))).toBe('went');
  });
});
