import { createHash } from 'node:crypto';

import { beforeEach, describe, expect, it } from 'vitest';

import { createCustomerData } from '../../functions/handlers/customer-data.ts';
import { createCustomerRows, type Row } from '../../functions/shared/customers/rows.ts';
import type { CustomerWorkflows } from '../../functions/shared/customers/workflows.ts';
import { HttpError } from '../../functions/shared/http.ts';
import { createRecords } from '../../functions/shared/records.ts';
import { createSaveChange } from '../../worker/activities/records.ts';
import { createChargeLedger } from '../../worker/billing/charge-ledger.ts';
import { createLedger } from '../../worker/email/ledger.ts';
import { project, timelineEntry } from '../../workflows/domain/projection.ts';
import { partition } from '../../workflows/domain/records.ts';
import type { State } from '../../workflows/domain/state.ts';
import { active, day, ended, T0 } from '../support/fixtures.ts';
import { useTable } from '../support/table.ts';

const table = useTable();
const customer = { id: 'cus_1', email: 'ada@example.com', name: 'Ada' };
const WORDS = 'I am ill and cannot pay any more';
const INVOICE_URL = 'https://invoice.example/of-ada';

let count = 0;

/** A customer with one subscription, and everything that a life leaves in the table. */
async function lived(make: typeof active | typeof ended): Promise<State> {
  count += 1;
  const state = make({ id: `sub_${count}`, customer: { ...customer, id: `cus_${count}` } });
  const { id } = state;
  const save = createSaveChange(table.client, table.name);
  const scheduled = { type: 'cancellation_scheduled', at: T0, cancelAt: day(14), reason: WORDS };
  const ignored = { type: 'ignored', at: T0, eventId: 'evt_1', reason: 'older than what is known' };
  await save({
    projection: project(state, T0),
    timeline: [scheduled, ignored].map((event) => timelineEntry(event as never)),
    command: { key: 'key-1', request: 'a fingerprint' },
    ...(state.status === 'canceled' && { tombstone: { status: 'canceled', endedAt: T0 } }),
  });
  const ledger = createLedger(table.client, table.name);
  const { plan } = state;
  const data = { plan, price: plan.price, hasPaymentMethod: true, actionUrl: INVOICE_URL };
  const type = 'payment_action_required' as const;
  const email = { key: `${type}:${id}:in_1`, type, subscription: id, at: T0, to: customer, data };
  await ledger.open(email);
  await ledger.sent(email, '<message-1>');
  const charge = { amount: plan.price, paymentMethod: 'pm_card_visa' };
  await createChargeLedger(table.client, table.name).open(id, `${id}:in_1:1`, charge);
  return state;
}

/** What Temporal has; `log` is what it was asked to do. */
function temporal(state: State | null = null, more: Partial<CustomerWorkflows> = {}) {
  const histories = [3, 0];
  const log: string[] = [];
  const workflows: CustomerWorkflows = {
    known: () => Promise.resolve(state),
    erase: (id, eventId) => Promise.resolve(log.push(`erase ${id} ${eventId}`) > 0),
    deleteHistories: (id) => Promise.resolve(log.push(`delete ${id}`) && histories.shift()!),
    ...more,
  };
  return { workflows, log };
}

async function call(workflows: CustomerWorkflows, method: string, path: string) {
  const app = createCustomerData({
    rows: createCustomerRows(table.name),
    workflows,
    now: () => T0,
  });
  const response = await app.request(path, { method });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

const exported = (id: string, workflows: CustomerWorkflows) =>
  call(workflows, 'GET', `/api/customers/${id}/export`);
const erase = (id: string, workflows: CustomerWorkflows) =>
  call(workflows, 'POST', `/api/customers/${id}/erase`);

describe('an export', () => {
  it('is everything in the table, and what the workflow knows, with the address', async () => {
    const state = await lived(active);
    await table.put({
      pk: `SUPPRESSION#${createHash('sha256').update('ada@example.com').digest('hex')}`,
      sk: 'SUPPRESSION',
      kind: 'bounce',
      at: T0,
    });
    const { status, body } = await exported(state.customer.id, temporal(state).workflows);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      customer: state.customer.id,
      exportedAt: T0,
      suppressions: [{ address: 'ada@example.com', kind: 'bounce', at: T0 }],
    });
    const [only] = body['subscriptions'] as Record<string, unknown>[];
    expect(only).toMatchObject({
      id: state.id,
      state: { status: 'active' },
      timeline: [{ reason: WORDS }, { type: 'ignored' }],
      emails: [{ data: { actionUrl: INVOICE_URL } }],
      charges: [{ paymentMethod: 'pm_card_visa' }],
      commands: [{ sk: 'COMMAND#key-1' }],
      workflow: { customer: { email: 'ada@example.com', name: 'Ada' } },
    });
    const all = Object.values(only!).flat().filter(isRow);
    expect(all).toHaveLength((await table.rows(state.id)).length);
  });

  it('of what Temporal has no more says so', async () => {
    const state = await lived(ended);
    const { body } = await exported(state.customer.id, temporal().workflows);
    expect(body['subscriptions']).toMatchObject([
      { workflow: null, other: [{ sk: 'TOMBSTONE', status: 'canceled' }] },
    ]);
  });

  it('is not half of it when no worker answers', async () => {
    const state = await lived(active);
    const away = () => Promise.reject(new HttpError(503, 'No worker answers.'));
    const { status } = await exported(state.customer.id, temporal(null, { known: away }).workflows);
    expect(status).toBe(503);
  });
});

describe('an erasure', () => {
  let state: State;
  beforeEach(async () => {
    state = await lived(ended);
  });

  it('takes away what was said, and keeps tombstone, money and facts', async () => {
    const { workflows, log } = temporal();
    const { status, body } = await erase(state.customer.id, workflows);
    expect(status).toBe(202);
    expect(body).toEqual({
      customer: state.customer.id,
      isComplete: false,
      subscriptions: [
        {
          id: state.id,
          records: { cleared: 2, deleted: 1 },
          histories: 3,
          open: expect.stringContaining('up to a minute') as string,
        },
      ],
    });
    expect(log).toEqual([`erase ${state.id} erase:${state.customer.id}`, `delete ${state.id}`]);

    const rows = await table.rows(state.id);
    expect(rows.map(({ sk }) => sk)).toEqual([
      `CHARGE#${state.id}:in_1:1`,
      `EMAIL#payment_action_required:${state.id}:in_1`,
      'STATE',
      'TIMELINE#00000001#00',
      'TIMELINE#00000001#01',
      'TOMBSTONE',
    ]);
    const text = JSON.stringify(rows);
    for (const trace of ['ada@example.com', 'Ada', WORDS, INVOICE_URL, '<message-1>', 'key-1']) {
      expect(text).not.toContain(trace);
    }
    expect(text).toContain('older than what is known');
    expect(text).toContain('pm_card_visa');
    const record = await createRecords(table.name).find(state.id);
    expect(record).toMatchObject({ status: 'canceled', timeline: [{}, {}, { status: 'sent' }] });
  });

  it('is complete once it is called again and finds nothing', async () => {
    const { workflows } = temporal();
    await erase(state.customer.id, workflows);
    const { status, body } = await erase(state.customer.id, workflows);
    expect(status).toBe(200);
    expect(body).toEqual({
      customer: state.customer.id,
      isComplete: true,
      subscriptions: [{ id: state.id, records: { cleared: 0, deleted: 0 }, histories: 0 }],
    });
  });

  it('is refused while a subscription lives, which is named, and does nothing', async () => {
    const living = await lived(active);
    await table.put({ ...(await stateRow(living.id)), customer: state.customer.id });
    const { workflows, log } = temporal();
    const { status, body } = await erase(state.customer.id, workflows);
    expect(status).toBe(409);
    expect(body).toMatchObject({ subscriptions: [living.id] });
    expect(body['detail']).toContain(living.id);
    expect(log).toEqual([]);
    expect(JSON.stringify(await table.rows(state.id))).toContain(WORDS);
  });

  it('that does not come to its end says what is left, and can be called again', async () => {
    const slow = temporal(null, { erase: () => Promise.resolve(false) });
    expect(await erase(state.customer.id, slow.workflows)).toMatchObject({
      status: 202,
      body: {
        isComplete: false,
        subscriptions: [{ open: expect.stringContaining('has not ended') as string }],
      },
    });
    const broken = temporal(null, { deleteHistories: () => Promise.reject(new Error('no')) });
    const answer = await erase(state.customer.id, broken.workflows);
    expect(answer).toMatchObject({
      status: 202,
      body: {
        isComplete: false,
        subscriptions: [{ open: 'something failed, and has been logged' }],
      },
    });
    const { workflows } = temporal();
    await erase(state.customer.id, workflows);
    expect((await erase(state.customer.id, workflows)).status).toBe(200);
  });
});

it.each(['GET /api/customers/cus_none/export', 'POST /api/customers/cus_none/erase'])(
  '%s of an unknown customer is 404',
  async (route) => {
    const [method, path] = route.split(' ') as [string, string];
    expect((await call(temporal().workflows, method, path)).status).toBe(404);
  },
);

const isRow = (value: unknown): value is Row =>
  typeof value === 'object' && value !== null && 'sk' in value;

async function stateRow(id: string): Promise<Record<string, unknown>> {
  const [row] = await table.rows(id, 'STATE');
  return { pk: partition(id), ...row };
}
