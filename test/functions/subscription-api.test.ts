import { describe, expect, it } from 'vitest';

import { createSubscriptionApi } from '../../functions/handlers/subscription-api.ts';
import { HttpError } from '../../functions/shared/http.ts';
import type { Page, SubscriptionRecord } from '../../functions/shared/records.ts';
import type { UpdateRequest } from '../../functions/shared/update.ts';
import { project } from '../../workflows/domain/projection.ts';
import {
  nameOf,
  REQUEST_TYPES,
  type Request,
  type RequestType,
} from '../../workflows/domain/requests.ts';
import { active, ended, FIRST_PERIOD, T0, TRIAL_END } from '../support/fixtures.ts';

const living: SubscriptionRecord = { ...project(active(), T0), timeline: [] };
const over: SubscriptionRecord = { ...project(ended({ id: 'sub_over' }), T0), timeline: [] };

function setup({
  refuses,
  applied = new Map(),
  record = living,
}: {
  refuses?: Error;
  applied?: Map<string, { request?: string }>;
  record?: SubscriptionRecord;
} = {}) {
  const updates: UpdateRequest[] = [];
  const lists: unknown[] = [];
  const app = createSubscriptionApi({
    records: {
      find: (id) => Promise.resolve([record, over].find((each) => each.id === id)),
      list: (request) => {
        lists.push(request);
        return Promise.resolve({ items: [living], nextCursor: null } satisfies Page);
      },
      findCommand: (_, key) => Promise.resolve(applied.get(key)),
    },
    update: (request) => {
      updates.push(request);
      return refuses ? Promise.reject(refuses) : Promise.resolve();
    },
  });
  const call = async (
    method: string,
    path: string,
    body?: string,
    headers?: Record<string, string>,
  ) => {
    const response = await app.request(path, {
      method,
      ...(body !== undefined && { body }),
      ...(headers && { headers }),
    });
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      etag: response.headers.get('etag'),
      body: (await response.json()) as never,
    };
  };
  return { call, updates, lists };
}

describe('reading', () => {
  it('answers with a subscription', async () => {
    const { status, body } = await setup().call('GET', '/api/subscriptions/sub_1');
    expect([status, body]).toEqual([200, living]);
  });

  it('answers 404 as problem details for an unknown one', async () => {
    expect(await setup().call('GET', '/api/subscriptions/sub_none')).toEqual({
      status: 404,
      type: 'application/problem+json',
      etag: null,
      body: {
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        detail: 'There is no subscription sub_none.',
      },
    });
  });

  it('lists with filters', async () => {
    const { call, lists } = setup();
    const { status, body } = await call(
      'GET',
      '/api/subscriptions?status=active&customer=cus_1&limit=5',
    );
    expect([status, body]).toEqual([200, { items: [living], nextCursor: null }]);
    expect(lists).toEqual([{ status: 'active', customer: 'cus_1', limit: 5 }]);
  });

  it.each(['status=dormant', 'limit=0', 'limit=101', 'limit=x', 'customer='])(
    'refuses the filter %s with 422',
    async (query) => {
      const { status } = await setup().call('GET', `/api/subscriptions?${query}`);
      expect(status).toBe(422);
    },
  );
});

describe('cancelling', () => {
  const path = '/api/subscriptions/sub_1/cancel';

  it.each([undefined, '', '{}', '{"atPeriodEnd":true,"reason":"moving"}'])(
    'takes the body %s',
    async (body) => {
      const { call, updates } = setup();
      const answer = await call('POST', path, body);
      expect([answer.status, answer.body]).toEqual([200, living]);
      expect(updates).toMatchObject([
        {
          subscription: 'sub_1',
          name: 'cancel',
          request: { type: 'cancel', ...(JSON.parse(body || '{}') as object) },
        },
      ]);
    },
  );

  it('is the same command under the same key', async () => {
    const { call, updates } = setup();
    await call('POST', path, '{}', { 'idempotency-key': 'key-1' });
    await call('POST', path, '{}');
    await call('POST', path, '{}');
    const keys = updates.map(({ key }) => key);
    expect(keys[0]).toBe('key-1');
    expect(new Set(keys).size).toBe(3);
  });

  it('again with a key that has been obeyed answers as the first time', async () => {
    const { call, updates } = setup({
      applied: new Map([['key-1', { request: nameOf({ type: 'cancel' }, 'self') }]]),
    });
    const { status } = await call('POST', '/api/subscriptions/sub_over/cancel', '{}', {
      'idempotency-key': 'key-1',
    });
    expect(status).toBe(200);
    expect(updates).toEqual([]);
  });

  it('of one that has ended is 409, of one that is unknown 404', async () => {
    const { call } = setup();
    expect(await call('POST', '/api/subscriptions/sub_over/cancel', '{}')).toMatchObject({
      status: 409,
      body: { detail: 'The subscription has already ended (canceled).' },
    });
    expect((await call('POST', '/api/subscriptions/sub_none/cancel', '{}')).status).toBe(404);
  });

  it('that the workflow refuses is 409 with its reason', async () => {
    const { call } = setup({
      refuses: new HttpError(409, 'The subscription is already set to end.'),
    });
    expect(await call('POST', path, '{}')).toMatchObject({
      status: 409,
      body: { detail: 'The subscription is already set to end.' },
    });
  });

  it.each([
    '{',
    '[]',
    '{"atPeriodEnd":"yes"}',
    '{"when":"now"}',
    `{"reason":"${'x'.repeat(501)}"}`,
  ])('refuses the body %s with 422', async (body) => {
    const { call, updates } = setup();
    expect((await call('POST', path, body)).status).toBe(422);
    expect(updates).toEqual([]);
  });

  it('that fails for a reason of our own says nothing of it', async () => {
    const { call } = setup({ refuses: new Error('secret details') });
    const { status, body } = await call('POST', path, '{}');
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('secret');
  });
});

describe('what is wrong with a plan', () => {
  const plan = { id: 'max', price: { amount: 4900, currency: 'usd' }, interval: 'month' };
  it.each([
    [undefined, 'plan: is neither a plan, with id, price and interval, nor the id of one'],
    [
      { id: 'max' },
      'plan.price: Invalid input: expected object, received undefined; plan.interval: Invalid option: expected one of "day"|"week"|"month"|"quarter"|"year"',
    ],
    [
      { ...plan, price: { amount: 4900, currency: 'USD' } },
      'plan.price.currency: is not a lower-case ISO 4217 currency',
    ],
  ])('is said of %j with its place', async (wanted, detail) => {
    const { call } = setup();
    const body = JSON.stringify({ plan: wanted });
    const answer = await call('POST', '/api/subscriptions/sub_1/change-plan', body);
    expect(answer).toMatchObject({ status: 422, body: { detail } });
  });
});

it('an instant without an offset is refused with an example of one', async () => {
  const { call } = setup();
  const answer = await call('POST', '/api/subscriptions/sub_1/cancel', '{"at":"2027-01-01"}');
  const detail = 'at: is not an instant with an offset such as 2026-11-20T10:00:00Z';
  expect(answer).toMatchObject({ status: 422, body: { detail } });
});

describe('a key that was used with another request', () => {
  it('is refused with 422, and nothing is done', async () => {
    const applied = new Map([['key-1', { request: nameOf({ type: 'uncancel' }, 'self') }]]);
    const { call, updates } = setup({ applied });
    const headers = { 'idempotency-key': 'key-1' };
    const answer = await call('POST', '/api/subscriptions/sub_1/cancel', '{}', headers);
    expect(answer).toMatchObject({
      status: 422,
      body: { detail: 'The Idempotency-Key has been used with another request.' },
    });
    expect(updates).toEqual([]);
  });
});

describe('a key that was used with the same request', () => {
  it('is known again when the plan is one of the provider’s, named by its id, and is the present one by now', async () => {
    const path = '/api/subscriptions/sub_1/change-plan';
    const body = '{"plan":"price_max"}';
    const headers = { 'idempotency-key': 'key-1' };
    const before = { ...living, collection: 'provider' as const };
    const first = setup({ record: before });
    await first.call('POST', path, body, headers);
    const { request } = first.updates[0]!;

    const plan = { ...living.plan, id: 'price_max', price: { amount: 4900, currency: 'usd' } };
    const applied = new Map([['key-1', { request: nameOf(request as Request, 'provider') }]]);
    const again = setup({ record: { ...before, plan }, applied });
    expect((await again.call('POST', path, body, headers)).status).toBe(200);
    expect(again.updates).toEqual([]);
  });
});

describe('If-Match', () => {
  const path = '/api/subscriptions/sub_1/pause';

  it('is the entity tag of an answer, and says which version the caller has seen', async () => {
    const { call, updates } = setup();
    const { etag } = await call('GET', '/api/subscriptions/sub_1');
    expect(etag).toBe('"1"');
    await call('POST', path, '{}', { 'if-match': etag! });
    expect(updates).toMatchObject([{ request: { type: 'pause', ifVersion: 1 } }]);
  });

  it.each(['1', '"x"', 'W/"1"'])('%s is refused with 422', async (tag) => {
    const { call } = setup();
    expect((await call('POST', path, '{}', { 'if-match': tag })).status).toBe(422);
  });

  it('* stands for any', async () => {
    const { call, updates } = setup();
    expect((await call('POST', path, '{}', { 'if-match': '*' })).status).toBe(200);
    expect(updates[0]!.request).not.toHaveProperty('ifVersion');
  });
});

describe('every request', () => {
  const until = '2027-03-01T00:00:00.000Z';
  const plan = { id: 'max', price: { amount: 4900, currency: 'usd' }, interval: 'month' };
  const bodies: Record<RequestType, { good: object[]; bad: object[] }> = {
    cancel: { good: [{}, { at: until }], bad: [{ at: 'tomorrow' }, { at: 5 }] },
    uncancel: { good: [{}], bad: [{ reason: 'x' }] },
    pause: { good: [{}, { atPeriodEnd: true, until }], bad: [{ until: 'May' }] },
    resume: { good: [{}, { anchor: 'unchanged' }], bad: [{ anchor: 'then' }] },
    change_plan: {
      good: [{ plan }, { plan, quantity: 2, atPeriodEnd: true }],
      bad: [
        {},
        { plan: 'max' },
        { plan: { ...plan, interval: 'fortnight' } },
        { plan: { ...plan, price: { amount: 1.5, currency: 'usd' } } },
        { plan: { ...plan, price: { amount: 1, currency: 'USD' } } },
        { plan, quantity: 0 },
      ],
    },
    cancel_plan_change: { good: [{}], bad: [{ plan }] },
    change_quantity: { good: [{ quantity: 3 }], bad: [{}, { quantity: -1 }, { quantity: 1.5 }] },
    extend_trial: { good: [{ by: 'P7D' }, { trialEnd: until }], bad: [{ by: '7 days' }] },
    end_trial: { good: [{}], bad: [{ now: true }] },
    update_contact: {
      good: [{ email: 'eve@example.com' }, { timezone: 'Asia/Tokyo', locale: 'ja' }],
      bad: [{}, { email: 'eve' }, { timezone: 'Mars/Olympus' }, { locale: 'not a tag' }],
    },
    resend_email: { good: [{ email: 'receipt' }], bad: [{}, { email: 'newsletter' }] },
  };

  it.each(REQUEST_TYPES)('%s is an update of its name, and its body is checked', async (type) => {
    const path = `/api/subscriptions/sub_1/${type.replaceAll('_', '-')}`;
    for (const good of bodies[type].good) {
      const { call, updates } = setup();
      expect((await call('POST', path, JSON.stringify(good))).status).toBe(200);
      expect(updates).toMatchObject([{ name: type, request: { type, ...good } }]);
    }
    for (const bad of bodies[type].bad) {
      const { call, updates } = setup();
      const { status, body } = await call('POST', path, JSON.stringify(bad));
      expect([status, bad]).toEqual([422, bad]);
      expect((body as { detail: string }).detail.length).toBeGreaterThan(10);
      expect(updates).toEqual([]);
    }
  });

  it('for a plan of the provider names it by its id', async () => {
    const record = { ...living, collection: 'provider' as const };
    const { call, updates } = setup({ record });
    await call('POST', '/api/subscriptions/sub_1/change-plan', '{"plan":"price_max"}');
    expect(updates[0]!.request).toMatchObject({
      plan: { ...living.plan, id: 'price_max', price: { amount: 0, currency: 'usd' } },
    });
  });
});

describe('the preview of a change of plan', () => {
  const path = '/api/subscriptions/sub_1/change-plan/preview';
  const plan = { id: 'max', price: { amount: 4900, currency: 'usd' }, interval: 'month' };
  const at = '2026-12-20T00:00:00.000Z';

  it('says what is due now, what is left over, and which instant that holds for', async () => {
    const { status, body } = await setup().call('POST', path, JSON.stringify({ plan, at }));
    // 370 of 744 hours are left: 2437 of the new price, less 945 of the old one.
    expect([status, body]).toEqual([
      200,
      {
        at,
        amountDue: { amount: 1492, currency: 'usd' },
        balance: 0,
        period: FIRST_PERIOD,
        anchor: TRIAL_END,
      },
    ]);
  });

  it.each([
    ['of another currency', { plan: { ...plan, price: { amount: 1, currency: 'eur' } }, at }, 422],
    ['before the period', { plan, at: '2026-12-01T00:00:00Z' }, 422],
    ['after the period', { plan, at: '2027-02-01T00:00:00Z' }, 422],
    ['of a plan without a price', { plan: 'max', at }, 422],
  ])('%s is refused', async (_, body, status) => {
    expect((await setup().call('POST', path, JSON.stringify(body))).status).toBe(status);
  });

  it('of what the provider bills, or of what is not active, is refused with 409', async () => {
    const provided = { ...living, collection: 'provider' as const };
    for (const record of [provided, { ...living, status: 'past_due' as const }]) {
      const answer = await setup({ record }).call('POST', path, JSON.stringify({ plan, at }));
      expect(answer.status).toBe(409);
    }
  });
});

it('an unknown path is 404', async () => {
  expect((await setup().call('GET', '/api/nothing')).status).toBe(404);
});
