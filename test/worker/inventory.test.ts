import { beforeAll, describe, expect, it } from 'vitest';

import { createInventoryApi } from '../../functions/handlers/inventory.ts';
import { createInventory, type Inventory } from '../../functions/shared/inventory.ts';
import { createInventoryActivities } from '../../worker/activities/inventory.ts';
import type { InventoryActivities } from '../../workflows/activities.ts';
import { useTable } from '../support/table.ts';

const table = useTable();
let inventory: Inventory;
let goods: InventoryActivities;

beforeAll(() => {
  inventory = createInventory(table.name);
  goods = createInventoryActivities(table.client, table.name);
});

const parcel = (order: string, quantities: Record<string, number>) => ({
  order,
  items: Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity })),
});

describe('goods', () => {
  it('are held once for an order, however often it is asked for, and given back once', async () => {
    await inventory.enter('a', { stock: 5 });
    const two = parcel('ord_a', { a: 2 });
    await goods.reserve(two);
    await goods.reserve(two);
    expect(await inventory.find('a')).toEqual({ sku: 'a', stock: 3, held: 2, isBlocked: false });
    await goods.release(two);
    await goods.release(two);
    expect(await inventory.find('a')).toMatchObject({ stock: 5, held: 0 });
  });

  it('of which there are too few are not held, and the others are given back', async () => {
    await inventory.enter('b1', { stock: 5 });
    await inventory.enter('b2', { stock: 1 });
    const many = parcel('ord_b', { b1: 2, b2: 2 });
    await expect(goods.reserve(many)).rejects.toMatchObject({
      type: 'SoldOut',
      nonRetryable: true,
      message: 'of b2 there are 1, not 2',
    });
    await goods.release(many);
    expect(await inventory.find('b1')).toMatchObject({ stock: 5, held: 0 });
    expect(await inventory.find('b2')).toMatchObject({ stock: 1, held: 0 });
  });

  it('are never sold twice, though many orders want them at once', async () => {
    await inventory.enter('c', { stock: 3 });
    const orders = Array.from({ length: 10 }, (_, index) => parcel(`ord_c${index}`, { c: 1 }));
    const results = await Promise.allSettled(orders.map((order) => goods.reserve(order)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    expect(await inventory.find('c')).toMatchObject({ stock: 0, held: 3 });
  });

  it('that are not counted are without limit', async () => {
    const much = parcel('ord_d', { 'seat.pack': 1_000_000 });
    await goods.reserve(much);
    await goods.fulfil(much);
    await goods.recall(much);
    await goods.release(much);
    expect(await inventory.find('seat.pack')).toBeUndefined();
  });

  it('that are sent are gone, and are back after a recall', async () => {
    await inventory.enter('e', { stock: 4 });
    const one = parcel('ord_e', { e: 1 });
    await goods.reserve(one);
    await goods.fulfil(one);
    await goods.fulfil(one);
    expect(await inventory.find('e')).toMatchObject({ stock: 3, held: 0 });
    await goods.recall(one);
    await goods.recall(one);
    await goods.release(one);
    expect(await inventory.find('e')).toMatchObject({ stock: 4, held: 0 });
  });

  it('that are recalled before they were sent cannot be sent any more', async () => {
    await inventory.enter('f', { stock: 4 });
    const one = parcel('ord_f', { f: 1 });
    await goods.reserve(one);
    await goods.recall(one);
    await goods.recall(one);
    await expect(goods.fulfil(one)).rejects.toMatchObject({ type: 'Undeliverable' });
    await goods.release(one);
    expect(await inventory.find('f')).toMatchObject({ stock: 4, held: 0 });
  });

  it('that are blocked are not sent', async () => {
    await inventory.enter('g', { stock: 4, isBlocked: true });
    const one = parcel('ord_g', { g: 1 });
    await goods.reserve(one);
    await expect(goods.fulfil(one)).rejects.toMatchObject({ type: 'Undeliverable' });
  });
});

describe('the API', () => {
  const call = (method: string, sku: string, body?: object) =>
    createInventoryApi(inventory).request(`/api/inventory/${sku}`, {
      method,
      ...(body && { body: JSON.stringify(body) }),
    });

  it('enters what there is, and keeps what is not said', async () => {
    expect((await call('GET', 'h')).status).toBe(404);
    await call('PUT', 'h', { stock: 7 });
    const blocked = await call('PUT', 'h', { isBlocked: true });
    expect(await blocked.json()).toEqual({ sku: 'h', stock: 7, held: 0, isBlocked: true });
    await call('PUT', 'h', { stock: 8 });
    expect(await (await call('GET', 'h')).json()).toMatchObject({ stock: 8, isBlocked: true });
  });

  it.each([{}, { stock: -1 }, { stock: 1.5 }, { stok: 1 }])('refuses %j', async (body) => {
    expect((await call('PUT', 'i', body)).status).toBe(422);
  });
});
