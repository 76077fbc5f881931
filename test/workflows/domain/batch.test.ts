import { describe, expect, it } from 'vitest';

import { announcement, rehearse, requestOf } from '../../../workflows/domain/batch-item.ts';
import {
  beginBatch,
  cannotSteer,
  counted,
  isExhausted,
  listed,
  mayBegin,
  nextRunOf,
  progressOf,
  startOfBatch,
  steered,
  STEERINGS,
  viewOfBatch,
} from '../../../workflows/domain/batch.ts';
import { paced, waitFor } from '../../../workflows/domain/pace.ts';
import { project } from '../../../workflows/domain/projection.ts';
import { refusal } from '../../../workflows/domain/refuse.ts';
import type { Request } from '../../../workflows/domain/requests.ts';
import type { State } from '../../../workflows/domain/state.ts';
import {
  active,
  day,
  ended,
  FIRST_PERIOD,
  IN_STATUS,
  T0,
  trialing,
} from '../../support/fixtures.ts';

const MAX = { id: 'max', price: { amount: 4900, currency: 'usd' }, interval: 'month' as const };
const ITEM = { batch: 'b1', subscription: 'sub_1' };

describe('the state of a batch', () => {
  const running = listed(beginBatch(), 3);

  it('counts what has begun, what came of it and what is left', () => {
    const state = counted(counted({ ...running, begun: 2 }, 'done'), 'failed');
    expect(progressOf(state)).toEqual({
      status: 'running',
      total: 3,
      done: 1,
      held: 0,
      failed: 1,
      skipped: 0,
      running: 0,
      left: 1,
    });
    expect(progressOf(beginBatch())).toMatchObject({ total: null, left: null, running: 0 });
  });

  it('lets an item begin while there are any, a place is free and nobody has stopped it', () => {
    expect(mayBegin(running, 0)).toBe(true);
    expect(mayBegin(running, 20)).toBe(false);
    expect(mayBegin(running, 2, 2)).toBe(false);
    expect(mayBegin({ ...running, begun: 3 }, 0)).toBe(false);
    expect(mayBegin(steered(running, 'pause'), 0)).toBe(false);
    expect(mayBegin(beginBatch(), 0)).toBe(false);
  });

  it('stays paused when its list is drawn up meanwhile', () => {
    expect(listed(steered(beginBatch(), 'pause'), 3)).toMatchObject({ status: 'paused', total: 3 });
  });

  it('is exhausted when all have begun or nobody wants them any more', () => {
    expect(isExhausted(running)).toBe(false);
    expect(isExhausted({ ...running, begun: 3 })).toBe(true);
    expect(isExhausted(listed(beginBatch(), 0))).toBe(true);
    expect(isExhausted(steered(running, 'cancel'))).toBe(true);
    expect(isExhausted(beginBatch())).toBe(false);
  });

  it.each([
    ['requested', ['pause', 'cancel']],
    ['running', ['pause', 'cancel']],
    ['paused', ['resume', 'cancel']],
    ['cancelled', []],
    ['done', []],
  ] as const)('that is %s can be steered by %j only', (status, allowed) => {
    const able = STEERINGS.filter(
      (each) => cannotSteer({ ...running, status }, each) === undefined,
    );
    expect(able).toEqual(allowed);
  });

  it('is carried to the next run without what the records have', () => {
    const request = {
      action: 'change_plan' as const,
      plan: MAX,
      subscriptions: ['sub_1'],
      perSecond: 5,
    };
    const input = startOfBatch(request, 'b1', T0);
    expect(input).toEqual({
      id: 'b1',
      requestedAt: T0,
      action: 'change_plan',
      task: { action: 'change_plan', plan: MAX },
      subscriptions: ['sub_1'],
      perSecond: 5,
    });
    const next = nextRunOf(input, running);
    expect(next).toEqual({
      id: 'b1',
      requestedAt: T0,
      action: 'change_plan',
      perSecond: 5,
      state: running,
    });
    expect(viewOfBatch(next, running, day(1))).toMatchObject({
      kind: 'batch',
      status: 'running',
      isDryRun: false,
      endedAt: null,
    });
  });
});

describe('a pace', () => {
  it('of two a second lets two begin, then waits for the next second', () => {
    let pace = { since: 0, begun: 0 };
    const begun: number[] = [];
    for (let now = 10_000; begun.length < 5;) {
      const wait = waitFor(pace, 2, now);
      now += wait;
      if (wait > 0) continue;
      pace = paced(pace, now);
      begun.push(now);
    }
    expect(begun).toEqual([10_000, 10_000, 11_000, 11_000, 12_000]);
  });
});

describe('an item', () => {
  it('asks for what the task says', () => {
    const projection = project(active(), T0);
    expect(requestOf({ action: 'change_plan', plan: MAX, atPeriodEnd: true }, projection)).toEqual({
      type: 'change_plan',
      plan: MAX,
      atPeriodEnd: true,
    });
    expect(requestOf({ action: 'cancel', reason: 'over' }, projection)).toEqual({
      type: 'cancel',
      reason: 'over',
    });
    expect(requestOf({ action: 'extend_trial', by: 'P3D' }, projection)).toEqual({
      type: 'extend_trial',
      by: 'P3D',
    });
  });

  it('takes the id of a plan where the provider knows what it costs, and only there', () => {
    const task = { action: 'change_plan', plan: 'max' } as const;
    expect(requestOf(task, project(active({ collection: 'provider' }), T0))).toMatchObject({
      plan: { id: 'max' },
    });
    expect(requestOf(task, project(active(), T0))).toMatchObject({
      impossible: expect.stringContaining('what it costs') as string,
    });
  });

  const requests: Request[] = [
    { type: 'cancel' },
    { type: 'cancel', atPeriodEnd: true },
    { type: 'extend_trial', by: 'P3D' },
    { type: 'extend_trial', by: 'P3Y' },
    { type: 'change_plan', plan: MAX },
    { type: 'change_plan', plan: MAX, atPeriodEnd: true },
    { type: 'change_plan', plan: active().plan },
    { type: 'change_plan', plan: { ...MAX, price: { amount: 1, currency: 'eur' } } },
  ];
  const states: State[] = [
    ...Object.values(IN_STATUS).filter(
      ({ status }) => status !== 'canceled' && status !== 'incomplete_expired',
    ),
    active({ cancel: { at: FIRST_PERIOD.end } }),
    trialing({ cancel: { at: FIRST_PERIOD.start } }),
    active({ pausing: { at: FIRST_PERIOD.end } }),
  ];

  it.each(requests)(
    'rehearsed from the projection is refused as the subscription would: %j',
    (request) => {
      for (const state of states) {
        const reason = refusal(state, request, T0)?.reason;
        expect(rehearse(request, project(state, T0), T0)).toEqual(
          reason === undefined ? { outcome: 'done' } : { outcome: 'failed', reason },
        );
      }
    },
  );
});

describe('an announcement', () => {
  const task = { action: 'announce', headline: 'News', body: 'There are some.' } as const;
  const agreed = { ...active().customer, marketing: true };
  const announced = (state: State) => announcement(ITEM, task, state, T0);

  it('goes to a customer who has agreed to it, under a key of the batch', () => {
    expect(announced(active({ customer: agreed }))).toMatchObject({
      email: {
        key: 'announcement:sub_1:b1',
        type: 'announcement',
        subscription: 'sub_1',
        to: agreed,
        data: { headline: 'News', body: 'There are some.' },
      },
    });
  });

  it('goes to nobody else', () => {
    const { email: _email, ...nowhere } = agreed;
    const off = { emails: { announcement: false } };
    expect(announced(active())).toMatchObject({ outcome: 'skipped' });
    expect(announced(active({ customer: nowhere }))).toMatchObject({ outcome: 'skipped' });
    expect(announced(active({ customer: agreed, policy: off }))).toMatchObject({
      outcome: 'skipped',
    });
    expect(announced(ended({ customer: agreed }))).toMatchObject({ outcome: 'failed' });
  });

  it('waits for the end of quiet hours', () => {
    const policy = { quietHours: { from: '08:00', to: '12:00' } };
    expect(announced(active({ customer: agreed, policy }))).toEqual({
      outcome: 'held',
      until: '2026-11-20T12:00:00.000Z',
    });
  });
});
