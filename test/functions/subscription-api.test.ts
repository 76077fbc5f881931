import { describe, expect, it } from 'vitest';

import { createSubscriptionApi } from '../../functions/handlers/subscription-api.ts';
import { HttpError } from '../../functions/shared/http.ts';
import type { Page, SubscriptionRecord } from '../../functions/shared/records.ts';
import type { UpdateRequest } from '../../functions/shared/update.ts';
import { project } from '../../workflows/domain/projection.ts';
import { active, ended, T0 } from '../support/fixtures.ts';

const living: SubscriptionRecord = { ...project(active(), T0), timeline: [] };
const over: SubscriptionRecord = { ...project(ended({ id: 'sub_over' }), T0), timeline: [] };

function setup({
  refuses,
  applied = [] as string[],
}: { refuses?: Error; applied?: string[] } = {}) {
  const updates: UpdateRequest[] = [];
  const lists: unknown[] = [];
  const app = createSubscriptionApi({
    records: {
      find: (id) => Promise.resolve([living, over].find((record) => record.id === id)),
      list: (request) => {
        lists.push(request);
        return Promise.resolve({ items: [living], nextCursor: null } satisfies Page);
      },
      wasApplied: (_, key) => Promise.resolve(applied.includes(key)),
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
        { subscription: 'sub_1', name: 'cancel', request: JSON.parse(body || '{}') as object },
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
    const { call, updates } = setup({ applied: ['key-1'] });
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

it('an unknown path is 404', async () => {
  expect((await setup().call('GET', '/api/nothing')).status).toBe(404);
});
