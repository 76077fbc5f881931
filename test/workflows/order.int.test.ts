import {
  WorkflowFailedError,
  type WorkflowHandle,
  type WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';

import { tellJob } from '../../functions/shared/start-job.ts';
import { until } from '../../local/until.ts';
import { STATE_QUERY } from '../../workflows/domain/contract.ts';
import { FAILURES } from '../../workflows/domain/failures.ts';
import { jobWorkflowId, type JobView } from '../../workflows/domain/jobs.ts';
import type { OrderInput, OrderStep } from '../../workflows/domain/order.ts';
import type { Charged } from '../../workflows/domain/provider.ts';
import { addDays, toMs } from '../../workflows/domain/time.ts';
import { FakeWorld, useTemporal } from '../support/workflows.ts';

const temporal = useTemporal();

const price = { amount: 1500, currency: 'usd' };
const total = { amount: 3000, currency: 'usd' };
const input = (id: string, more: Partial<OrderInput> = {}): OrderInput => ({
  id,
  placedAt: '2027-01-01T10:00:00.000Z',
  customer: { id: 'cus_1', email: 'ada@example.com', name: 'Ada' },
  lines: [{ sku: 'mug', quantity: 2, price }],
  paymentMethod: 'pm_card_visa',
  ...more,
});

/** A world of orders, which notes what is done in it. */
class Shop extends FakeWorld {
  readonly acts: string[] = [];

  constructor() {
    super();
    this.answer('reserve', () => Promise.resolve());
    this.answer('release', () => Promise.resolve());
    this.answer('fulfil', () => Promise.resolve());
    this.answer('recall', () => Promise.resolve());
    this.answer('chargeOrder', () => Promise.resolve({ outcome: 'paid' }));
    this.answer('refundOrder', ({ amount }) => Promise.resolve({ refunded: amount }));
  }

  answer<Act extends Acts>(act: Act, how: FakeWorld['activities'][Act]): void {
    const work = how as (of: never) => Promise<unknown>;
    Object.assign(this.activities, {
      [act]: (of: never) => {
        this.acts.push(act);
        return work(of);
      },
    });
  }

  fail(act: Acts, type?: string): void {
    this.answer(act, () => Promise.reject(ApplicationFailure.nonRetryable(`no ${act}`, type)));
  }

  get last(): JobView {
    return this.jobs.at(-1)!.view;
  }

  get story(): string[] {
    return this.jobs.flatMap(({ lines }) => lines.map(({ type }) => type));
  }

  status(status: string): Promise<true> {
    return until(status, () => this.jobs.at(-1)?.view.status === status);
  }
}

type Acts = 'reserve' | 'release' | 'fulfil' | 'recall' | 'chargeOrder' | 'refundOrder';

const REVERSE = ['recall', 'refundOrder', 'release'];
const STEPS = { reserve: 'reserve', charge: 'chargeOrder', fulfil: 'fulfil' } as const;

/** As the event consumer starts it. */
async function place(order: OrderInput): Promise<WorkflowHandle<() => Promise<JobView>>> {
  const { client } = temporal.env;
  const jobs = { find: () => Promise.resolve(undefined), note: () => Promise.resolve() };
  await tellJob(client.workflow, jobs, {
    job: 'order',
    id: order.id,
    customer: 'cus_1',
    start: order,
  });
  return client.workflow.getHandle(jobWorkflowId('order', order.id));
}

describe('an order', () => {
  it('is reserved, charged, fulfilled and confirmed, and its customer is told', async () => {
    const shop = new Shop();
    await temporal.run(shop, async () => {
      const handle = await place(input('good'));
      const result = await handle.result();
      expect(shop.acts).toEqual(['reserve', 'chargeOrder', 'fulfil']);
      expect(result).toMatchObject({ status: 'confirmed', paid: total, version: 4 });
      expect(result).toEqual(shop.last);
      expect(shop.jobs.map(({ view }) => view.status)).toEqual([
        'requested',
        'charging',
        'fulfilling',
        'confirmed',
      ]);
      expect(shop.emails).toMatchObject([
        { type: 'order_confirmed', data: { amount: total, summary: '2 × mug', reference: 'good' } },
      ]);
      expect(await handle.query(STATE_QUERY)).toEqual(result);
      const { typedSearchAttributes } = await handle.describe();
      expect(JSON.stringify(typedSearchAttributes)).toContain('order:confirmed');
    });
  });

  it('that is placed twice is one order, also after its end', async () => {
    const shop = new Shop();
    await temporal.run(shop, async () => {
      const handle = await place(input('twice'));
      await place(input('twice'));
      await handle.result();
      await place(input('twice'));
      expect((await handle.describe()).status.name).toBe('COMPLETED');
      expect(shop.acts).toEqual(['reserve', 'chargeOrder', 'fulfil']);
    });
  });

  it('that cannot be fails before anything is done, and its customer is told', async () => {
    const shop = new Shop();
    const eur = { sku: 'cap', quantity: 1, price: { amount: 1, currency: 'eur' } };
    const bad: Record<string, [Partial<OrderInput>, string]> = {
      no_lines: [{ lines: [] }, 'lines: there are none'],
      two_currencies: [
        { lines: [...input('').lines, eur] },
        'lines.1.price.currency: is eur, but an order has one currency, here usd',
      ],
      no_subscription: [{ subscription: 'sub_x' }, 'subscription: it does not exist'],
    };
    await temporal.run(shop, async () => {
      for (const [id, [more, detail]] of Object.entries(bad)) {
        const { status } = await (await place(input(id, more))).result();
        expect(status).toBe('failed');
        expect(shop.jobs.at(-2)).toMatchObject({ lines: [{ type: 'order_failed', detail }] });
        expect(shop.emails.at(-1)).toMatchObject({ type: 'order_failed', subscription: id });
      }
      expect(shop.acts).toEqual([]);
      expect(shop.emails).toHaveLength(3);
    });
  });

  it('to a subscription that runs goes on; to one that has ended it does not', async () => {
    const shop = new Shop();
    shop.activities.findTraces = (id) =>
      Promise.resolve({
        version: 3,
        ...(id === 'sub_old' && {
          tombstone: { status: 'canceled', endedAt: '2026-01-01T00:00:00.000Z' },
        }),
      });
    await temporal.run(shop, async () => {
      const good = await (await place(input('addon', { subscription: 'sub_1' }))).result();
      expect(good).toMatchObject({ status: 'confirmed', subscription: 'sub_1' });
      const bad = await (await place(input('late', { subscription: 'sub_old' }))).result();
      expect(bad).toMatchObject({ status: 'failed', problem: 'unknown_subscription' });
    });
  });
});

describe('when a step fails', () => {
  it.each<[OrderStep, string[]]>([
    ['reserve', ['release']],
    ['charge', ['refundOrder', 'release']],
    ['fulfil', REVERSE],
  ])('at %s, what was begun is undone in reverse order', async (step, undone) => {
    const shop = new Shop();
    shop.fail(STEPS[step], FAILURES.undeliverable);
    await temporal.run(shop, async () => {
      const result = await (await place(input(`fails_${step}`))).result();
      expect(shop.acts.slice(shop.acts.indexOf(STEPS[step]) + 1)).toEqual(undone);
      expect(result).toMatchObject({
        status: 'failed',
        failedStep: step,
        problem: 'undeliverable',
        uncompensated: [],
      });
      expect(result['compensated']).toEqual(
        ['reserve', 'charge', 'fulfil'].slice(0, undone.length).toReversed(),
      );
      expect(shop.emails.map(({ type }) => type)).toEqual(['order_failed']);
    });
  });

  it('a compensation that fails is reported, and does not stop the others', async () => {
    const shop = new Shop();
    shop.fail('fulfil');
    shop.fail('refundOrder');
    await temporal.run(shop, async () => {
      const result = await (await place(input('stuck'))).result();
      expect(shop.acts.slice(3)).toEqual(REVERSE);
      expect(result).toMatchObject({
        status: 'failed',
        problem: 'unavailable',
        compensated: ['fulfil', 'reserve'],
        uncompensated: ['charge'],
      });
      expect(shop.jobs.flatMap(({ lines }) => lines)).toContainEqual(
        expect.objectContaining({
          type: 'compensation_failed',
          step: 'charge',
          detail: 'no refundOrder',
        }),
      );
    });
  });

  it('a compensation is tried again until it succeeds', async () => {
    const shop = new Shop();
    shop.fail('fulfil');
    let tries = 0;
    shop.answer('release', () =>
      tries++ < 3 ? Promise.reject(new Error('busy')) : Promise.resolve(),
    );
    await temporal.run(shop, async () => {
      const result = await (await place(input('again'))).result();
      expect(result).toMatchObject({ uncompensated: [] });
      expect(shop.acts.filter((act) => act === 'release')).toHaveLength(4);
    });
  });
});

describe('a charge', () => {
  it('that is declined is not tried again, and its customer is told', async () => {
    const shop = new Shop();
    shop.answer('chargeOrder', () =>
      Promise.resolve({ outcome: 'declined', code: 'insufficient_funds' }),
    );
    await temporal.run(shop, async () => {
      const result = await (await place(input('declined'))).result();
      expect(shop.acts).toEqual(['reserve', 'chargeOrder', 'refundOrder', 'release']);
      expect(result).toMatchObject({ status: 'failed', problem: 'declined', failedStep: 'charge' });
      expect(shop.emails).toMatchObject([{ type: 'order_failed', data: { reason: 'declined' } }]);
    });
  });

  it('whose gateway is flaky is tried again, less and less often, and is one step', async () => {
    const shop = new Shop();
    const times: number[] = [];
    shop.answer('chargeOrder', async (): Promise<Charged> => {
      times.push(await temporal.env.currentTimeMs());
      if (times.length < 4) throw new Error('bad gateway');
      return { outcome: 'paid' };
    });
    await temporal.run(shop, async () => {
      const result = await (await place(input('flaky'))).result();
      expect(result).toMatchObject({ status: 'confirmed' });
      const waits = times.slice(1).map((at, index) => Math.round((at - times[index]!) / 1000));
      expect(waits).toEqual([5, 10, 20]);
    });
  });

  it('is given up after a day without an answer, and taken back', async () => {
    const shop = new Shop();
    shop.answer('chargeOrder', () => Promise.reject(new Error('bad gateway')));
    await temporal.run(shop, async () => {
      const result = await (await place(input('down'))).result();
      expect(result).toMatchObject({ status: 'failed', problem: 'unavailable' });
      const [reserved, failed] = shop.jobs.slice(1).map(({ view }) => view.updatedAt);
      expect(failed! <= addDays(reserved!, 1)).toBe(true);
      expect(shop.acts.slice(-2)).toEqual(['refundOrder', 'release']);
    });
  });
});

describe('a debit of a bank account', () => {
  const POLL = 3_600_000;

  /** A shop whose bank answers after so many looks. */
  function bank(answer: Charged, looks: number): Shop & { looks: number } {
    const shop = Object.assign(new Shop(), { looks: 0 });
    shop.answer('chargeOrder', () => Promise.resolve({ outcome: 'processing', payment: 'pi_1' }));
    shop.activities.awaitSettlement = () => {
      if (shop.looks++ < looks) {
        throw ApplicationFailure.create({
          message: 'not yet',
          type: 'NotSettled',
          nextRetryDelay: POLL,
        });
      }
      return Promise.resolve(answer as never);
    };
    return shop;
  }

  it('is waited for until it is settled, and no look leaves a trace in the history', async () => {
    const shop = bank({ outcome: 'paid' }, 72);
    await temporal.run(shop, async (queue) => {
      const begun = await queue.now();
      const handle = await place(input('settles'));
      expect(await handle.result()).toMatchObject({ status: 'confirmed' });
      expect((await queue.now()) >= addDays(begun, 3)).toBe(true);
      expect(shop.jobs.map(({ view }) => view.status)).toContain('settling');
      expect(shop.looks).toBe(73);
      const { events } = await handle.fetchHistory();
      expect(events!.length).toBeLessThan(50);
    });
  });

  it('that fails in the end fails the order', async () => {
    const shop = bank({ outcome: 'declined', code: 'insufficient_funds' }, 5);
    await temporal.run(shop, async () => {
      const result = await (await place(input('bounces'))).result();
      expect(result).toMatchObject({ status: 'failed', problem: 'declined' });
      expect(shop.acts.slice(-2)).toEqual(['refundOrder', 'release']);
    });
  });

  it('is given up after 14 days, and taken back', async () => {
    const shop = bank({ outcome: 'paid' }, Number.POSITIVE_INFINITY);
    await temporal.run(shop, async () => {
      const result = await (await place(input('never'))).result();
      expect(result).toMatchObject({ status: 'failed', problem: 'not_settled' });
      const at = (status: string) =>
        shop.jobs.find(({ view }) => view.status === status)!.view.updatedAt;
      const waited = toMs(at('compensating')) - toMs(at('settling'));
      expect(Math.round(waited / 86_400_000)).toBe(14);
      expect(shop.acts.slice(-2)).toEqual(['refundOrder', 'release']);
    });
  });

  it('can be cancelled while it is on its way', async () => {
    const shop = bank({ outcome: 'paid' }, Number.POSITIVE_INFINITY);
    await temporal.run(shop, async () => {
      const handle = await place(input('changed'));
      await shop.status('settling');
      await until('a look', () => shop.looks > 0);
      await cancel(handle, { reason: 'too slow' });
      expect(await handle.result()).toMatchObject({ status: 'cancelled', problem: 'cancelled' });
      expect(shop.acts.slice(-2)).toEqual(['refundOrder', 'release']);
    });
  });
});

const cancel = (handle: WorkflowHandle, request: object = {}) =>
  handle.executeUpdate<{ version: number }, [object]>('cancel', { args: [request] });

describe('a cancellation', () => {
  /** A shop in which a step is under way until it is let go. */
  function busy(step: OrderStep) {
    const shop = new Shop();
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    shop.answer(STEPS[step], async () => {
      begun.resolve();
      await gate.promise;
      return { outcome: 'paid' } as never;
    });
    return { shop, begun: begun.promise, letGo: gate.resolve };
  }

  it.each<[OrderStep, string[]]>([
    ['reserve', ['release']],
    ['charge', ['refundOrder', 'release']],
  ])('during %s waits for it, and then undoes what was begun', async (step, undone) => {
    const { shop, begun, letGo } = busy(step);
    await temporal.run(shop, async () => {
      const handle = await place(input(`cancel_${step}`));
      await begun;
      const answer = cancel(handle, { reason: 'a mistake' });
      await until('the request', async () => {
        const { events } = await handle.fetchHistory();
        return events!.some(({ activityTaskCancelRequestedEventAttributes: asked }) => asked);
      });
      expect(shop.acts.at(-1)).toBe(STEPS[step]);
      letGo();
      expect((await answer).version).toBeGreaterThan(1);
      const result = await handle.result();
      expect(result).toMatchObject({ status: 'cancelled', uncompensated: [] });
      expect(shop.acts.slice(-undone.length)).toEqual(undone);
      expect(shop.acts).not.toContain('fulfil');
      expect(shop.jobs.flatMap(({ lines }) => lines)).toContainEqual(
        expect.objectContaining({
          type: 'cancellation_requested',
          reason: 'a mistake',
          by: 'request',
        }),
      );
    });
  });

  it('during a fulfilment that succeeds comes too late', async () => {
    const { shop, begun, letGo } = busy('fulfil');
    await temporal.run(shop, async () => {
      const handle = await place(input('too_late'));
      await begun;
      const answer = cancel(handle).catch((error: unknown) => error);
      await until('the request', async () => {
        const { events } = await handle.fetchHistory();
        return events!.some(({ activityTaskCancelRequestedEventAttributes: asked }) => asked);
      });
      letGo();
      const error = (await answer) as WorkflowUpdateFailedError;
      expect(error.cause).toMatchObject({
        type: 'CommandRefused',
        message: 'The order has just been fulfilled.',
      });
      expect(await handle.result()).toMatchObject({ status: 'confirmed' });
      expect(shop.acts).not.toContain('recall');
    });
  });

  it('while a step waits to be tried again stops that, and undoes what was begun', async () => {
    const shop = new Shop();
    shop.answer('fulfil', () => Promise.reject(new Error('no van')));
    await temporal.run(shop, async () => {
      const handle = await place(input('no_van'));
      await until('a try', () => shop.acts.includes('fulfil'));
      await cancel(handle);
      expect(await handle.result()).toMatchObject({ status: 'cancelled' });
      expect(shop.acts.slice(-3)).toEqual(REVERSE);
      expect(shop.emails).toMatchObject([
        { type: 'order_failed', data: { reason: 'cancelled', amount: total } },
      ]);
    });
  });

  it('by Temporal itself undoes everything as well, and is how the workflow ends', async () => {
    const shop = new Shop();
    shop.answer('fulfil', () => Promise.reject(new Error('no van')));
    await temporal.run(shop, async () => {
      const handle = await place(input('terminal'));
      await until('a try', () => shop.acts.includes('fulfil'));
      await handle.cancel();
      const error = await handle.result().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(WorkflowFailedError);
      expect((error as WorkflowFailedError).cause).toBeInstanceOf(CancelledFailure);
      expect(shop.acts.slice(-3)).toEqual(REVERSE);
      expect(shop.last).toMatchObject({ status: 'cancelled', uncompensated: [] });
    });
  });

  it('is refused while the order is being undone, and leaves nothing in the history', async () => {
    const shop = new Shop();
    const gate = Promise.withResolvers<void>();
    shop.fail('fulfil');
    shop.answer('recall', () => gate.promise);
    await temporal.run(shop, async () => {
      const handle = await place(input('undone'));
      await shop.status('compensating');
      await until('the recall', () => shop.acts.includes('recall'));
      const error = (await cancel(handle).catch(
        (thrown: unknown) => thrown,
      )) as WorkflowUpdateFailedError;
      expect(error.cause).toMatchObject({ message: 'The order is being undone already.' });
      const { events } = await handle.fetchHistory();
      expect(events!.some(({ workflowExecutionUpdateAcceptedEventAttributes: is }) => is)).toBe(
        false,
      );
      gate.resolve();
      expect(await handle.result()).toMatchObject({ status: 'failed' });
    });
  });
});
