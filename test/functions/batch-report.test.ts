import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';

import { addBatchReport } from '../../functions/handlers/batch-report.ts';
import type { ItemPage } from '../../functions/shared/batch-items.ts';
import { answerProblems } from '../../functions/shared/problems.ts';
import type { ItemNote } from '../../workflows/domain/batch-records.ts';
import {
  beginBatch,
  counted,
  listed,
  steered,
  viewOfBatch,
  type BatchState,
} from '../../workflows/domain/batch.ts';
import { T0 } from '../support/fixtures.ts';

const failure = (subscription: string, reason: string): ItemNote => ({
  subscription,
  outcome: 'failed',
  reason,
  at: T0,
});

const DONE: BatchState = {
  ...counted({ ...listed(beginBatch(), 1), begun: 1 }, 'failed'),
  status: 'done',
};

/** The report, and what it asked the records for. */
function given(state: BatchState, page: Partial<ItemPage> = {}) {
  const asked: object[] = [];
  const app = addBatchReport(answerProblems(new Hono()), {
    jobs: {
      find: (_, id) =>
        Promise.resolve(
          id === 'b1'
            ? {
                ...viewOfBatch({ id, requestedAt: T0, action: 'cancel' }, state, T0),
                timeline: [],
              }
            : undefined,
        ),
    },
    items: {
      page: (_, request) => {
        asked.push(request);
        return Promise.resolve({ items: [], nextCursor: null, ...page });
      },
    },
  });
  return { asked, get: (path: string) => app.request(`/api/batches/${path}`) };
}

describe('the report of a batch', () => {
  it('has the counts and what was not done', async () => {
    const items = [failure('sub_1', 'It is set to end.')];
    const { get } = given(DONE, { items });
    expect(await (await get('b1/report')).json()).toEqual({
      id: 'b1',
      status: 'done',
      action: 'cancel',
      isDryRun: false,
      endedAt: null,
      total: 1,
      done: 0,
      held: 0,
      failed: 1,
      skipped: 0,
      left: 0,
      items,
      nextCursor: null,
    });
  });

  it('is a table for a spreadsheet, which takes nothing in it for a formula', async () => {
    const items = [
      failure('sub_1', 'No, "never", it said.'),
      failure('-sub', '=HYPERLINK("http://evil.example")'),
    ];
    const { get } = given(DONE, { items, nextCursor: 'abc' });
    const response = await get('b1/report?format=csv&limit=2');
    expect(response.headers.get('content-type')).toContain('text/csv');
    expect(response.headers.get('link')).toBe(
      '</api/batches/b1/report?format=csv&limit=2&cursor=abc>; rel="next"',
    );
    expect(await response.text()).toBe(
      [
        'subscription,outcome,reason,at',
        `sub_1,failed,"No, ""never"", it said.",${T0}`,
        `'-sub,failed,"'=HYPERLINK(""http://evil.example"")",${T0}`,
        '',
      ].join('\r\n'),
    );
    const second = await (await get('b1/report?format=csv&cursor=abc')).text();
    expect(second).not.toContain('subscription,outcome');
  });

  it('lists what was never begun only once a cancelled batch has come to rest', async () => {
    const cancelled = steered({ ...listed(beginBatch(), 10), begun: 4 }, 'cancel');
    const draining = given(cancelled);
    await draining.get('b1/report');
    expect(draining.asked).toMatchObject([{ begun: 10, total: 10 }]);
    const ended = given({ ...cancelled, endedAt: T0 });
    await ended.get('b1/report');
    expect(ended.asked).toMatchObject([{ begun: 4, total: 10 }]);
  });

  it.each([
    ['nobody/report', 404],
    ['b1/report?format=xml', 422],
    ['b1/report?limit=0', 422],
  ])('at %s is %d', async (path, status) => {
    expect((await given(DONE).get(path)).status).toBe(status);
  });
});
