import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';

import { stripeSubscription } from '../../local/stripe-events.ts';
import { createStripe } from '../../worker/billing/stripe.ts';
import { Reconciler, type Progress } from '../../worker/reconcile/reconciler.ts';
import type { ReconcileRecords } from '../../worker/reconcile/records.ts';
import type { Command } from '../../workflows/domain/commands.ts';
import { adopt } from '../../workflows/domain/follow.ts';
import type { Projection } from '../../workflows/domain/projection.ts';
import { project } from '../../workflows/domain/projection.ts';
import { fromStripe } from '../../workflows/domain/stripe.ts';
import { useProvider } from '../support/provider.ts';

const START = Date.parse('2026-05-01T00:00:00.000Z');
const provider = useProvider();
const logger = new DefaultLogger('ERROR');

/** A subscription that the provider has, and what our records say of it. */
function known(id: string, changed: Partial<Projection> = {}): Projection {
  const subscription = stripeSubscription({ id, status: 'active', created: START });
  provider.store.observe(subscription, START / 1000);
  const seen = fromStripe(subscription as never)!;
  return {
    ...project(adopt(seen, '2026-05-01T00:00:00.000Z'), '2026-05-01T00:00:00.000Z'),
    ...changed,
  };
}

interface Night {
  told: [string, Command['type'][]][];
  beats: Progress[];
  /** What the provider was asked, but for customers. */
  requests: () => string[];
  run: (from?: Progress) => Promise<unknown>;
}

/** One reconciliation, two subscriptions on a page; `fails` says before which lookup in the records it crashes. */
function night(projections: Projection[], fails?: () => boolean): Night {
  const told: Night['told'] = [];
  const beats: Progress[] = [];
  const records: ReconcileRecords = {
    findAll: (ids) => {
      if (fails?.()) return Promise.reject(new Error('the worker is gone'));
      const found = projections.filter(({ id }) => ids.includes(id));
      return Promise.resolve(new Map(found.map((each) => [each.id, each])));
    },
    page: (status) =>
      Promise.resolve({ items: projections.filter((each) => each.status === status) }),
  };
  const stripe = createStripe({ apiKey: 'sk_test_x', apiBase: provider.url });
  const reconciler = new Reconciler(stripe, records, ({ id }, commands) => {
    told.push([id, commands.map(({ type }) => type)]);
    return Promise.resolve();
  });
  const before = provider.requests.length;
  return {
    told,
    beats,
    requests: () =>
      provider.requests.slice(before).filter((each) => !each.includes('/v1/customers/')),
    run(from) {
      const info = from === undefined ? {} : { heartbeatDetails: from };
      const env = new MockActivityEnvironment(info, { logger });
      env.on('heartbeat', (beat: Progress) => beats.push(structuredClone(beat)));
      return env.run(reconciler.reconcile, { name: 'reconcile-1', pageSize: 2 });
    },
  };
}

describe('a reconciliation', () => {
  it('has repaired what differs, reports who is unknown, and lets the rest be', async () => {
    provider.store.accounts.clear();
    const same = known('sub_same');
    const lost = known('sub_lost', { status: 'past_due' });
    const deleted = known('sub_deleted');
    provider.store.accounts.get('sub_deleted')!.subscription.status = 'canceled';
    known('sub_new');
    const stray = { ...known('sub_stray') };
    provider.store.accounts.delete('sub_stray');
    const own = { ...known('sub_own', { collection: 'self' }) };
    provider.store.accounts.delete('sub_own');
    const { told, requests, run } = night([same, lost, deleted, stray, own]);
    expect(await run()).toEqual({
      compared: 4,
      repaired: 3,
      repairs: [
        { id: 'sub_lost', fields: ['status'] },
        { id: 'sub_new', fields: ['unknown'] },
        { id: 'sub_deleted', fields: ['status'] },
      ],
      strays: 1,
      strayIds: ['sub_stray'],
    });
    expect(told).toEqual([
      ['sub_lost', ['observe']],
      ['sub_new', ['observe']],
      ['sub_deleted', ['observe']],
    ]);
    expect(requests().filter((request) => request.startsWith('GET /v1/subscriptions/'))).toEqual([
      'GET /v1/subscriptions/sub_deleted',
      'GET /v1/subscriptions/sub_stray',
    ]);
  });

  it('goes on where an earlier try has come to, and counts what that has done', async () => {
    provider.store.accounts.clear();
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => known(`sub_${name}`, { quantity: 2 }));
    let lookups = 0;
    const first = night(all, () => ++lookups > 1);
    await expect(first.run()).rejects.toThrow('the worker is gone');
    expect(first.told.map(([id]) => id)).toEqual(['sub_a', 'sub_b']);
    expect(first.beats.at(-1)).toMatchObject({ after: 'sub_b', report: { repaired: 2 } });

    const second = night(all);
    expect(await second.run(first.beats.at(-1))).toMatchObject({ repaired: 5 + 2 });
    expect(second.requests().slice(0, 2)).toEqual([
      'GET /v1/subscriptions after sub_b',
      'GET /v1/subscriptions after sub_d',
    ]);
  });

  it('does not ask for the list again when that was done', async () => {
    provider.store.accounts.clear();
    const all = [known('sub_f')];
    const { requests, run } = night(all);
    await run({
      report: { compared: 1, repaired: 0, repairs: [], strays: 0, strayIds: [] },
      after: 'sub_f',
      records: { status: 1 },
    });
    expect(requests()).toEqual(['GET /v1/subscriptions/sub_f']);
  });
});
