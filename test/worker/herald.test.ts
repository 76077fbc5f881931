import * as fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { createPublishActivities } from '../../worker/activities/publish.ts';
import { createSaveChange } from '../../worker/activities/records.ts';
import { createHerald } from '../../worker/events/herald.ts';
import { linesOf } from '../../worker/events/lines.ts';
import type { Listener } from '../../worker/events/listener.ts';
import { createOutbox, type Outbox } from '../../worker/events/outbox.ts';
import type { Unpublished } from '../../workflows/activities.ts';
import { project, type TimelineEntry } from '../../workflows/domain/projection.ts';
import { OUTBOX_PREFIX, partition, type Change } from '../../workflows/domain/records.ts';
import { asActivity } from '../support/activity.ts';
import { active, day, T0 } from '../support/fixtures.ts';
import { fakeListener, type FakeListener } from '../support/listeners.ts';
import { useTable } from '../support/table.ts';

const table = useTable();

const entry = (type: string, details: object = {}): TimelineEntry => ({ at: T0, type, ...details });

/** Version `version` of a subscription, decided on by a task that began at `wakeAt`. */
const change = (id: string, version: number, timeline: TimelineEntry[], wakeAt = T0): Change => ({
  projection: project(active({ id, version }), wakeAt),
  timeline,
});

function setup(...listeners: Listener[]) {
  const save = createSaveChange(table.client, table.name);
  const herald = createHerald(listeners, createOutbox(table.client, table.name));
  const posted: string[] = [];
  const post = ({ key }: { key: string }) => Promise.resolve(void posted.push(key));
  const activities = createPublishActivities(save, post, herald);
  const publish = (what: Change, emails: { key: string }[] = []): Promise<Unpublished> =>
    asActivity(activities.publish, { change: what, emails: emails as never });
  const deliver = (id: string): Promise<void> => asActivity(activities.deliverEvents, id);
  const marks = (id: string) => table.rows(id, OUTBOX_PREFIX);
  return { save, publish, deliver, posted, marks };
}

const told = ({ heard }: FakeListener): string[] =>
  heard.map(({ sequence, type }) => `${sequence} ${type.slice(type.lastIndexOf('.') + 1)}`);

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a change', () => {
  it('is told to every listener at once, and leaves nothing to do', async () => {
    const listeners = [fakeListener('a'), fakeListener('b')];
    const { publish, marks } = setup(...listeners);
    const timeline = [entry('renewed'), entry('payment_succeeded')];
    expect(await publish(change('sub_plain', 1, timeline))).toEqual({});
    for (const listener of listeners) {
      expect(told(listener)).toEqual(['00000001.00 renewed', '00000001.01 payment_succeeded']);
    }
    expect(await marks('sub_plain')).toEqual([]);
  });

  it('looks for nobody where there is no listener', async () => {
    const marks = vi.fn<() => never>();
    const herald = createHerald([], { marks } as never);
    expect(await herald.tell(change('sub_nobody', 1, [entry('renewed')]))).toBe(true);
    expect(marks).not.toHaveBeenCalled();
  });

  it('is told to those who want it', async () => {
    const picky = fakeListener('picky', ['perennial.subscription.ended']);
    const { publish } = setup(picky);
    await publish(change('sub_picky', 1, [entry('renewed')]));
    await publish(change('sub_picky', 2, [entry('cancellation_scheduled'), entry('ended')]));
    expect(told(picky)).toEqual(['00000002.01 ended']);
  });

  it('that was saved before a crash is told when it is published again', async () => {
    const listener = fakeListener('a');
    const { save, publish } = setup(listener);
    const what = change('sub_crash', 1, [entry('renewed')]);
    await save(what);
    expect(await publish(what)).toEqual({});
    expect(told(listener)).toEqual(['00000001.00 renewed']);
  });
});

describe('a listener that is away', () => {
  it('holds up neither another one nor mail', async () => {
    const [away, here] = [fakeListener('away'), fakeListener('here')];
    away.failure = 'away';
    const { publish, posted } = setup(away, here);
    const unpublished = await publish(change('sub_away', 1, [entry('renewed')]), [{ key: 'k' }]);
    expect(unpublished).toEqual({ events: true });
    expect(told(here)).toEqual(['00000001.00 renewed']);
    expect(posted).toEqual(['k']);
  });

  it('is left after five seconds without an answer, while mail is on its way already', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const stuck = fakeListener('stuck');
    stuck.failure = 'stuck';
    const { publish, posted, marks } = setup(stuck);
    const timeout = vi.spyOn(AbortSignal, 'timeout');
    const abort = new AbortController();
    timeout.mockReturnValue(abort.signal);
    const published = publish(change('sub_stuck', 1, [entry('renewed')]), [{ key: 'k' }]);
    await vi.waitFor(() => expect([posted, timeout.mock.calls]).toEqual([['k'], [[5000]]]));
    abort.abort();
    expect(await published).toEqual({ events: true });
    expect(await marks('sub_stuck')).toHaveLength(1);
  });

  it('is told what it missed, in order and before anything newer', async () => {
    const listener = fakeListener('a');
    const { publish, deliver, marks } = setup(listener);
    listener.failure = 'away';
    await publish(change('sub_back', 1, [entry('renewed'), entry('payment_succeeded')]));
    await expect(deliver('sub_back')).rejects.toThrow('a: HTTP 503');
    listener.failure = undefined;
    expect(await publish(change('sub_back', 2, [entry('past_due')]))).toEqual({ events: true });
    expect(told(listener)).toEqual([]);
    await deliver('sub_back');
    expect(await publish(change('sub_back', 3, [entry('ended')]))).toEqual({});
    expect(told(listener)).toEqual([
      '00000001.00 renewed',
      '00000001.01 payment_succeeded',
      '00000002.00 past_due',
      '00000003.00 ended',
    ]);
    expect(await marks('sub_back')).toEqual([]);
  });

  it('is told from the event on that it did not take', async () => {
    const listener = fakeListener('a');
    const { publish, deliver } = setup(listener);
    listener.failure = 'flaky';
    await publish(change('sub_half', 1, [entry('renewed'), entry('payment_succeeded')]));
    listener.failure = undefined;
    await deliver('sub_half');
    expect(told(listener)).toEqual(['00000001.00 renewed', '00000001.01 payment_succeeded']);
  });

  it('hears an event again, under the same id, when its answer was lost', async () => {
    const listener = fakeListener('a');
    const { publish, deliver } = setup(listener);
    listener.failure = 'mute';
    await publish(
      change('sub_mute', 1, [entry('renewed', { period: { start: T0, end: day(30) } })]),
    );
    listener.failure = undefined;
    await deliver('sub_mute');
    expect(listener.heard).toHaveLength(2);
    expect(listener.heard[0]).toEqual(listener.heard[1]);
  });

  it('does not keep another one from catching up', async () => {
    const [away, back] = [fakeListener('away'), fakeListener('back')];
    away.failure = back.failure = 'away';
    const { publish, deliver, marks } = setup(away, back);
    await publish(change('sub_two', 1, [entry('renewed')]));
    back.failure = undefined;
    await expect(deliver('sub_two')).rejects.toThrow('away: HTTP 503');
    expect(told(back)).toEqual(['00000001.00 renewed']);
    expect(await marks('sub_two')).toMatchObject([{ sk: 'OUTBOX#away' }]);
  });

  it('that nobody has configured any more is nobody to wait for', async () => {
    const listener = fakeListener('gone');
    listener.failure = 'away';
    await setup(listener).publish(change('sub_gone', 1, [entry('renewed')]));
    const { publish, deliver } = setup(fakeListener('new'));
    await deliver('sub_gone');
    expect(await publish(change('sub_gone', 2, [entry('ended')]))).toEqual({});
  });

  it('gets the rest with the next try when there is much of it', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const listener = fakeListener('slow');
    listener.failure = 'away';
    const { publish, deliver } = setup(listener);
    const all = ['renewed', 'past_due', 'unpaid', 'ended'];
    for (const [index, type] of all.entries()) {
      await publish(change('sub_slow', index + 1, [entry(type)]));
    }
    listener.failure = undefined;
    const { tell } = listener;
    listener.tell = async (event, signal) => {
      vi.setSystemTime(Date.now() + 6000);
      await tell(event, signal);
    };
    await expect(deliver('sub_slow')).rejects.toThrow('slow: there is more to tell');
    expect(listener.heard).toHaveLength(3);
    await deliver('sub_slow');
    expect(told(listener).map((line) => line.split(' ')[1])).toEqual(all);
  });
});

it('a change that readers do not see yet is told once they do', async () => {
  const listener = fakeListener('a');
  const { publish, deliver, marks } = setup(listener);
  listener.failure = 'away';
  await publish(change('sub_early', 1, [entry('renewed')]));
  listener.failure = undefined;
  const next = change('sub_early', 2, [entry('ended')]);
  for (const line of linesOf(next)) await table.put({ pk: partition('sub_early'), ...line });
  await deliver('sub_early');
  expect(told(listener)).toEqual(['00000001.00 renewed']);
  expect(await marks('sub_early')).toEqual([]);
  expect(await publish(next)).toEqual({});
  expect(told(listener)).toEqual(['00000001.00 renewed', '00000002.00 ended']);
});

describe('a change that was decided again', () => {
  it('is told instead of the first one to whoever has not heard that', async () => {
    const listener = fakeListener('a');
    const { publish, deliver } = setup(listener);
    listener.failure = 'away';
    const first = [entry('renewed'), entry('payment_succeeded')];
    await publish(change('sub_redone', 1, first));
    await publish(change('sub_redone', 1, [entry('cancellation_scheduled')], day(1)));
    listener.failure = undefined;
    await deliver('sub_redone');
    expect(told(listener)).toEqual(['00000001.00 cancellation_scheduled']);
  });

  it('is told whole although the first one was told in part', async () => {
    const listener = fakeListener('a');
    const { publish, deliver } = setup(listener);
    const types = ['renewed', 'payment_succeeded'];
    listener.failure = 'flaky';
    await publish(
      change(
        'sub_anew',
        1,
        types.map((type) => entry(type)),
      ),
    );
    await publish(
      change(
        'sub_anew',
        1,
        types.map((type) => entry(type, { anew: 1 })),
        day(1),
      ),
    );
    listener.failure = undefined;
    await deliver('sub_anew');
    const anew = listener.heard.filter(({ data }) => data['anew'] === 1);
    expect(anew.map(({ sequence }) => sequence)).toEqual(['00000001.00', '00000001.01']);
  });

  it('is not told while only some of its lines are there', async () => {
    const listener = fakeListener('a');
    const { publish, deliver, save } = setup(listener);
    listener.failure = 'away';
    await publish(change('sub_partly', 1, [entry('renewed')]));
    listener.failure = undefined;
    const whole = change('sub_partly', 2, [entry('past_due'), entry('access_revoked')]);
    await save(whole);
    const [, , second] = await table.rows('sub_partly', 'TIMELINE#');
    await table.put({ ...second, wakeAt: day(1) });
    await expect(deliver('sub_partly')).rejects.toThrow('a: the next change is being written');
    expect(told(listener)).toEqual(['00000001.00 renewed']);
  });
});

describe('a mark', () => {
  /** A listener that has missed something and is back, and what comes next. */
  async function oneBehind(id: string) {
    const listener = fakeListener('a');
    const stack = setup(listener);
    listener.failure = 'away';
    await stack.publish(change(id, 1, [entry('renewed')]));
    listener.failure = undefined;
    const outbox = createOutbox(table.client, table.name);
    return { ...stack, listener, outbox, next: change(id, 2, [entry('ended')]) };
  }
  const both = ['00000001.00 renewed', '00000002.00 ended'];

  it('that is extended while its lines are told loses no event', async () => {
    const { listener, publish, deliver, next } = await oneBehind('sub_extended');
    const { tell } = listener;
    let answer: Unpublished | undefined;
    listener.tell = async (event, signal) => {
      answer ??= await publish(next);
      await tell(event, signal);
    };
    await deliver('sub_extended');
    expect(answer).toEqual({ events: true });
    expect([...new Set(told(listener))]).toEqual(both);
  });

  it('that is extended when nothing seems to be left loses no event', async () => {
    const { listener, publish, outbox, next } = await oneBehind('sub_last');
    let answer: Unpublished | undefined;
    const remove: Outbox['remove'] = async (subscription, mark) => {
      answer ??= await publish(next);
      return outbox.remove(subscription, mark);
    };
    const herald = createHerald([listener], { ...outbox, remove });
    await asActivity((of) => herald.catchUp(of), 'sub_last');
    expect(answer).toEqual({ events: true });
    expect(told(listener)).toEqual(both);
  });

  it('that is removed before it can be extended loses no event', async () => {
    const { listener, save, deliver, outbox, next } = await oneBehind('sub_removed');
    const marks = await outbox.marks('sub_removed');
    await deliver('sub_removed');
    await save(next);
    const herald = createHerald([listener], { ...outbox, marks: () => Promise.resolve(marks) });
    expect(await herald.tell(next)).toBe(true);
    expect(told(listener)).toEqual(both);
  });
});

type Step =
  | { do: 'publish' | 'publish while catching up'; events: number }
  /** A task that is run again and comes to something else. */
  | { do: 'decide again'; events: number }
  /** A crash between the records and everything else. */
  | { do: 'save only'; events: number }
  | { do: 'catch up' }
  | { do: 'fail'; who: 0 | 1; failure: 'away' | 'flaky' | 'mute' | undefined };

const events = fc.integer({ min: 1, max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom('publish' as const, 'publish while catching up'), events }),
  fc.record({ do: fc.constantFrom('decide again' as const, 'save only'), events }),
  fc.record({ do: fc.constant('catch up' as const) }),
  fc.record({
    do: fc.constant('fail' as const),
    who: fc.constantFrom(0 as const, 1 as const),
    failure: fc.constantFrom('away' as const, 'flaky', 'mute', undefined),
  }),
);

it('whatever fails in between, in the end everybody has heard everything, in order', async () => {
  let runs = 0;
  const property = fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
    const id = `sub_property_${runs++}`;
    const listeners = [fakeListener('a'), fakeListener('b')] as const;
    const { save, publish, deliver, marks } = setup(...listeners);
    let version = 0;
    let task = 0;
    /** Per version what its last decision came to. */
    const decided = new Map<number, Change>();
    const decide = (count: number): Change => {
      const at = day(task++);
      const types = ['renewed', 'payment_succeeded', 'ended'].slice(0, count);
      const made = change(
        id,
        version,
        types.map((type) => entry(type, { task })),
        at,
      );
      decided.set(version, made);
      return made;
    };
    const tryToDeliver = () => deliver(id).catch(() => undefined);
    for (const next of steps) {
      if (next.do === 'catch up') await tryToDeliver();
      else if (next.do === 'fail') listeners[next.who].failure = next.failure;
      else {
        if (next.do !== 'decide again' || version === 0) version += 1;
        const made = decide(next.events);
        if (next.do === 'save only') await save(made);
        const meanwhile = next.do === 'publish while catching up' ? tryToDeliver() : undefined;
        await Promise.all([publish(made), meanwhile]);
      }
    }
    for (const listener of listeners) listener.failure = undefined;
    await deliver(id);
    expect(await marks(id)).toEqual([]);
    const wanted = [...decided.values()].flatMap(({ timeline, projection }) =>
      timeline.map(({ type, task: by }) => `${projection.version} ${type} ${String(by)}`),
    );
    for (const { heard } of listeners) {
      const names = heard.map(
        ({ type, data }) =>
          `${data.subscription.version} ${type.split('.').at(-1)} ${String(data['task'])}`,
      );
      // What a decision that was taken back has said is heard as well.
      expect([...new Set(names)].filter((name) => wanted.includes(name))).toEqual(wanted);
    }
  });
  await fc.assert(property, { numRuns: 150 });
}, 60_000);
