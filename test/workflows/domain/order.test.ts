import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { checkOrder } from '../../../workflows/domain/order-check.ts';
import {
  evolveOrder,
  mailOfOrder,
  newOrder,
  viewOfOrder,
  type Order,
  type OrderEvent,
} from '../../../workflows/domain/order-state.ts';
import { itemsOf, type OrderLine } from '../../../workflows/domain/order.ts';
import { day, T0 } from '../../support/fixtures.ts';

const line = (quantity: number, amount: number, currency = 'usd', sku = 'mug'): OrderLine => ({
  sku,
  quantity,
  price: { amount, currency },
});

const customer = { id: 'cus_1', email: 'ada@example.com' };
const placed = (lines = [line(2, 1500)]): Order =>
  newOrder({ id: 'ord_1', placedAt: T0, customer, lines });
const after = (...events: OrderEvent[]): Order =>
  events.reduce((order, event, index) => evolveOrder(order, event, day(index)), placed());
const total = { amount: 3000, currency: 'usd' };

describe('an order is looked over', () => {
  it('and comes to the sum of its lines', () => {
    expect(checkOrder([line(2, 1500), line(1, 99)])).toEqual({
      total: { amount: 3099, currency: 'usd' },
    });
  });

  it.each<[string, OrderLine[], RegExp]>([
    ['no lines', [], /^lines: there are none/],
    ['two currencies', [line(1, 1), line(1, 1, 'eur')], /^lines\.1\.price\.currency: is eur/],
    ['a price of nothing', [line(1, 0)], /^lines\.0\.price\.amount: /],
    ['a price below nothing', [line(1, 1), line(1, -5)], /^lines\.1\.price\.amount: /],
    ['a broken price', [line(1, 1.5)], /^lines\.0\.price\.amount: /],
    ['a quantity of nothing', [line(0, 5)], /^lines\.0\.quantity: /],
    ['a quantity below nothing', [line(-1, 5)], /^lines\.0\.quantity: /],
    ['a broken quantity', [line(0.5, 5)], /^lines\.0\.quantity: /],
    ['more than any card is charged', [line(1, 999_999_999), line(2, 1)], /^lines: come to more/],
    ['more than a number holds', [line(2 ** 52, 2 ** 52)], /^lines: come to more/],
  ])('%s is named', (_, lines, complaint) => {
    expect(checkOrder(lines)).toEqual({ complaint: expect.stringMatching(complaint) as string });
  });

  it('whatever is in it, and comes to a whole sum that can be charged, or to a complaint', () => {
    const number = fc.oneof(fc.integer(), fc.double());
    const lines = fc.array(fc.tuple(number, number, fc.constantFrom('usd', 'eur')));
    fc.assert(
      fc.property(lines, (some) => {
        const checked = checkOrder(
          some.map(([quantity, amount, of]) => line(quantity, amount, of)),
        );
        const [amount, complaint] =
          'complaint' in checked ? [1, checked.complaint] : [checked.total.amount, 'lines'];
        expect(complaint).toMatch(/^lines/);
        expect(Number.isSafeInteger(amount) && amount > 0 && amount <= 1_000_000_000).toBe(true);
      }),
    );
  });

  it('and one thing in two lines is one thing', () => {
    expect(itemsOf([line(1, 5), line(2, 5, 'usd', '__proto__'), line(3, 4)])).toEqual([
      { sku: 'mug', quantity: 4 },
      { sku: '__proto__', quantity: 2 },
    ]);
  });
});

describe('what readers see', () => {
  it('of an order that went well', () => {
    const order = after(
      { type: 'order_placed' },
      { type: 'stock_reserved', total },
      { type: 'payment_processing', payment: 'pi_1', until: day(15) },
      { type: 'payment_succeeded', amount: total },
      { type: 'order_fulfilled' },
    );
    expect(viewOfOrder(order)).toEqual({
      kind: 'order',
      id: 'ord_1',
      status: 'confirmed',
      version: 5,
      createdAt: T0,
      updatedAt: day(4),
      endedAt: day(4),
      customer: 'cus_1',
      lines: [line(2, 1500)],
      total,
      paid: total,
    });
  });

  it('has no address in it', () => {
    expect(JSON.stringify(viewOfOrder(placed()))).not.toContain('@');
  });

  it('of an order that did not: why, in which step, and what is undone and what is not', () => {
    const order = after(
      { type: 'stock_reserved', total },
      { type: 'payment_succeeded', amount: total },
      { type: 'order_failed', problem: 'undeliverable', step: 'fulfil', detail: 'no van' },
      { type: 'step_compensated', step: 'fulfil' },
      { type: 'compensation_failed', step: 'charge', detail: 'no bank' },
      { type: 'step_compensated', step: 'reserve' },
      { type: 'order_closed' },
    );
    expect(viewOfOrder(order)).toMatchObject({
      status: 'failed',
      problem: 'undeliverable',
      failedStep: 'fulfil',
      compensated: ['fulfil', 'reserve'],
      uncompensated: ['charge'],
      endedAt: day(6),
    });
  });
});

describe('the mail', () => {
  it('of a failure says what was paid, if anything was', () => {
    const event: OrderEvent = { type: 'cancellation_requested', by: 'request', reason: 'private' };
    const unpaid = after({ type: 'stock_reserved', total }, event);
    const [early] = mailOfOrder(event, unpaid);
    expect(early).toMatchObject({ type: 'order_failed', data: { reason: 'cancelled' } });
    expect(early?.data.amount).toBeUndefined();
    const paid = after({ type: 'payment_succeeded', amount: total }, event);
    expect(mailOfOrder(event, paid)).toMatchObject([
      { key: 'order_failed:order:ord_1', kind: 'order', at: day(1), data: { amount: total } },
    ]);
    expect(JSON.stringify(mailOfOrder(event, paid))).not.toContain('private');
  });

  it('names the first things that were ordered', () => {
    const lines = Array.from({ length: 7 }, (_, index) => line(1, 5, 'usd', `sku${index}`));
    const event: OrderEvent = { type: 'order_fulfilled' };
    const [mail] = mailOfOrder(event, evolveOrder(placed(lines), event, T0));
    expect(mail?.data.summary).toBe('1 × sku0, 1 × sku1, 1 × sku2, 1 × sku3, 1 × sku4, …');
  });
});
