import { randomUUID } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { until } from '../../local/until.ts';
import type { JobLine, JobView } from '../../workflows/domain/jobs.ts';
import { client, provider, uniqueId } from '../support/stack.ts';

type Found = JobView & { timeline: JobLine[] };

const order = (id: string, more: object = {}) => ({
  customer: { id: `cus_${id}`, email: `${id}@example.com`, name: 'Eve' },
  lines: [{ sku: `mug_${id}`, quantity: 2, price: { amount: 1500, currency: 'usd' } }],
  paymentMethod: 'pm_card_visa',
  ...more,
});

const place = (id: string, more: object = {}) =>
  client().postEvent('order.placed', id, order(id, more));

const reaches = (id: string, status: string): Promise<Found> =>
  until(`${id}: ${status}`, async () => {
    const { status: code, body } = await client().call<Found>('GET', `/api/orders/${id}`);
    return code === 200 && body.status === status && body;
  });

const chargesOf = async (id: string) =>
  (await provider().charges()).filter(({ customer }) => customer === `cus_${id}`);
const refundsOf = async (id: string) =>
  (await provider().refunds()).filter(({ metadata }) => metadata['order'] === id);
/** What an order has written, once it has. */
const mailOf = (id: string) =>
  until('mail', async () => {
    const emails = await client().emails(id);
    return emails.length > 0 && emails.map(({ type }) => type);
  });

describe('an order', () => {
  it('by the API is begun once under its key, charged and confirmed, and is listed', async () => {
    const id = uniqueId('order').replace('sub_', 'ord_');
    const post = () => client().call('POST', '/api/orders', order(id), { 'idempotency-key': id });
    expect(await post()).toMatchObject({ status: 202, body: { id } });
    expect(await post()).toMatchObject({ status: 202, body: { id } });
    const found = await reaches(id, 'confirmed');
    expect(found).toMatchObject({ paid: { amount: 3000, currency: 'usd' }, customer: `cus_${id}` });
    expect(await place(id)).toMatchObject({ status: 200 });
    const list = await client().call<{ items: JobView[] }>(
      'GET',
      '/api/orders?status=confirmed&limit=100',
    );
    expect(list.body.items).toContainEqual(expect.objectContaining({ id, customer: `cus_${id}` }));
    expect(await chargesOf(id)).toHaveLength(1);
    expect(await mailOf(id)).toEqual(['order_confirmed']);
    const cancel = await client().call('POST', `/api/orders/${id}/cancel`, {});
    expect(cancel).toMatchObject({ status: 409 });
  });

  it('that is not valid, or whose card says no, fails and is told of', async () => {
    const [bad, declined] = [uniqueId('bad'), uniqueId('declined')];
    await place(bad, { lines: [] });
    await place(declined, { paymentMethod: 'pm_card_visa_chargeDeclined' });
    expect(await reaches(bad, 'failed')).toMatchObject({ problem: 'invalid' });
    expect(await chargesOf(bad)).toEqual([]);
    expect(await reaches(declined, 'failed')).toMatchObject({ problem: 'declined' });
    expect(await chargesOf(declined)).toHaveLength(1);
    expect(await mailOf(bad)).toEqual(['order_failed']);
    expect(await mailOf(declined)).toEqual(['order_failed']);
  });

  it('of more than there is fails before any charge', async () => {
    const id = uniqueId('sold_out');
    await client().call('PUT', `/api/inventory/mug_${id}`, { stock: 1 });
    await place(id);
    expect(await reaches(id, 'failed')).toMatchObject({ problem: 'sold_out' });
    expect(await chargesOf(id)).toEqual([]);
    const stock = await client().call('GET', `/api/inventory/mug_${id}`);
    expect(stock.body).toMatchObject({ stock: 1, held: 0 });
  });

  it('is no subscription: what concerns all subscriptions of its customer passes it by', async () => {
    const id = uniqueId('bystander');
    await place(id);
    await reaches(id, 'confirmed');
    const { body } = await client().call<{ items: unknown[] }>(
      'GET',
      `/api/subscriptions?customer=cus_${id}`,
    );
    expect(body.items).toEqual([]);
  });
});

describe('a debit of a bank account', () => {
  const debit = { paymentMethod: 'pm_usBankAccount_success' };
  const paymentOf = (id: string) =>
    until('the payment', async () => (await provider().orderPayments(id))[0]);

  it('is waited for, and the order is confirmed when the bank says so', async () => {
    const id = uniqueId('debit');
    await place(id, debit);
    await reaches(id, 'settling');
    await provider().settle((await paymentOf(id)).id, 'succeed');
    await reaches(id, 'confirmed');
    expect(await chargesOf(id)).toHaveLength(1);
  });

  it('of an order that is cancelled meanwhile is given back once it has arrived', async () => {
    const id = uniqueId('debit_cancelled');
    await place(id, debit);
    await reaches(id, 'settling');
    const cancelled = await client().call(
      'POST',
      `/api/orders/${id}/cancel`,
      { reason: 'a mistake' },
      {
        'idempotency-key': randomUUID(),
      },
    );
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'compensating' } });
    await provider().settle((await paymentOf(id)).id, 'succeed');
    const found = await reaches(id, 'cancelled');
    expect(found).toMatchObject({ refunded: { amount: 3000 }, uncompensated: [] });
    expect(await refundsOf(id)).toHaveLength(1);
    expect(await mailOf(id)).toEqual(['order_failed']);
  });
});
