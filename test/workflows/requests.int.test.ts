import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';

import { until } from '../../local/until.ts';
import { workflowId, type RequestUpdate, type Updated } from '../../workflows/domain/contract.ts';
import type { Policy } from '../../workflows/domain/policy.ts';
import type { Request } from '../../workflows/domain/requests.ts';
import { addDays, addMonths } from '../../workflows/domain/time.ts';
import { Drive } from '../support/drive.ts';
import { start } from '../support/fixtures.ts';
import { FakeWorld, useTemporal, type Queue } from '../support/workflows.ts';

const temporal = useTemporal();

const current = (id: string): WorkflowHandle =>
  temporal.env.client.workflow.getHandle(workflowId(id));

let keys = 0;

const ask = (
  id: string,
  request: Request & { ifVersion?: number },
  updateId = `key-${keys++}`,
): Promise<Updated> =>
  current(id).executeUpdate<Updated, [RequestUpdate]>(request.type, { args: [request], updateId });

/** The failure's type and message. */
async function failureOf(asked: Promise<unknown>): Promise<{ type: string; message: string }> {
  const error = await asked.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof WorkflowUpdateFailedError)) throw new Error('it was obeyed');
  const { type, message } = error.cause as ApplicationFailure;
  return { type: type ?? '', message };
}

const plan = (id: string, amount: number) => ({
  id,
  price: { amount, currency: 'usd' },
  interval: 'month' as const,
});

/** A subscription without a trial that has paid for its first month, in self mode. */
async function beginActive(world: FakeWorld, queue: Queue, name: string, policy?: Policy) {
  const id = `sub_${name}`;
  const now = await queue.now();
  const { trial: _trial, ...immediate } = start({ at: now }) as Extract<
    ReturnType<typeof start>,
    { type: 'start' }
  >;
  await queue.send(id, { ...immediate, ...(policy && { policy }) }, 'incomplete');
  const drive = new Drive(temporal.env, world, id);
  await drive.until('the first payment', ({ status }) => status === 'active');
  return { id, now, drive };
}

describe('requests', () => {
  it('are obeyed one after the other: two changes of plan at once pay for nothing twice', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id, drive } = await beginActive(world, queue, 'serial');
      const both = await Promise.all([
        ask(id, { type: 'change_plan', plan: plan('max', 4900) }),
        ask(id, { type: 'change_plan', plan: plan('team', 9900) }),
      ]);
      expect(both.map(({ version }) => version).toSorted((a, b) => a - b)).toEqual([2, 3]);
      const { plan: last, balance } = await drive.until('both', ({ version }) => version === 3);
      const charges = world.requests.filter(({ key }) => key.includes('change_plan'));
      const paid = charges.reduce((sum, { amount }) => sum + amount.amount, 0);
      // In whatever order: together they have paid the way to the last plan, and nothing twice.
      expect(paid - balance).toBe(last.price.amount - 1900);
    });
  });

  it('that the state does not allow are refused with the reason', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id, now } = await beginActive(world, queue, 'rejected');
      await ask(id, { type: 'pause' });
      expect(await failureOf(ask(id, { type: 'pause' }))).toEqual({
        type: 'CommandRefused',
        message: 'A subscription that is paused cannot be paused; it has to be active.',
      });
      expect(await failureOf(ask(id, { type: 'cancel', at: addDays(now, -1) }))).toMatchObject({
        type: 'CommandInvalid',
        message: expect.stringContaining('cannot lie in the past') as string,
      });
    });
  });

  it('of somebody who has seen another version are refused', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id } = await beginActive(world, queue, 'version');
      const two = await Promise.allSettled([
        ask(id, { type: 'change_quantity', quantity: 2, ifVersion: 1 }),
        ask(id, { type: 'change_quantity', quantity: 3, ifVersion: 1 }),
      ]);
      expect(two.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
      expect(
        await failureOf(ask(id, { type: 'change_quantity', quantity: 4, ifVersion: 1 })),
      ).toEqual({
        type: 'VersionOutdated',
        message: 'The subscription is at version 2 by now, not at 1: look at it again.',
      });
      await ask(id, { type: 'change_quantity', quantity: 4, ifVersion: 2 });
    });
  });

  it('that cost something change nothing when the payment is declined', async () => {
    const world = new FakeWorld();
    const charge = world.activities.charge.bind(world);
    world.activities.charge = (request) =>
      request.key.includes('change_plan')
        ? Promise.resolve({ outcome: 'declined', code: 'insufficient_funds' })
        : charge(request);
    await temporal.run(world, async (queue) => {
      const { id, drive } = await beginActive(world, queue, 'declined');
      const failure = await failureOf(ask(id, { type: 'change_plan', plan: plan('max', 4900) }));
      expect(failure).toEqual({
        type: 'CommandRefused',
        message: 'The payment was declined (insufficient_funds), so everything stays as it was.',
      });
      const seen = await drive.until('anything', () => true);
      expect(seen).toMatchObject({ status: 'active', plan: { id: 'pro' } });
    });
  });

  it('that were refused are not said to be obeyed when they come again in a later run', async () => {
    const world = new FakeWorld();
    const charge = world.activities.charge.bind(world);
    world.activities.charge = (request) =>
      request.key.includes('change_plan')
        ? Promise.resolve({ outcome: 'declined', code: 'insufficient_funds' })
        : charge(request);
    await temporal.run(world, async (queue) => {
      const { id, now, drive } = await beginActive(world, queue, 'refused_again');
      const wanted = { type: 'change_plan', plan: plan('max', 4900) } as const;
      await failureOf(ask(id, wanted, 'key-declined'));
      await drive.forwardTo(addDays(addMonths(now, 6), 1));
      expect(await failureOf(ask(id, wanted, 'key-declined'))).toMatchObject({
        message: expect.stringContaining('was declined') as string,
      });
    });
  });

  it('are the same ones under the same key, also after the run that obeyed them', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id, now, drive } = await beginActive(world, queue, 'keyed');
      await ask(id, { type: 'change_quantity', quantity: 2 }, 'key-same');
      await drive.forwardTo(addDays(addMonths(now, 6), 1));
      const { version } = await drive.until('half a year', () => true);
      expect((await ask(id, { type: 'change_quantity', quantity: 2 }, 'key-same')).version).toBe(
        version,
      );
    });
  });
});

describe('a pause', () => {
  it('ends by itself at its date, and a period begins', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id, now, drive } = await beginActive(world, queue, 'pause');
      await ask(id, { type: 'pause', until: addDays(now, 45) });
      expect(await drive.until('the pause', ({ status }) => status === 'paused')).toMatchObject({
        access: 'revoked',
        nextAction: { type: 'resume', at: addDays(now, 45) },
      });
      await drive.forwardTo(addDays(now, 46));
      const seen = await drive.until('the end of it', ({ status }) => status === 'active');
      expect(seen.currentPeriodStart).toBe(addDays(now, 45));
      const types = world.emails.map(({ type }) => type);
      expect(types).toEqual(['welcome', 'receipt', 'paused', 'resumed']);
      // All of the month that was paid for was paused, so the next one is free.
      expect(world.charges).toHaveLength(1);
    });
  });
});

describe('what cannot be', () => {
  it('as its period was over before we heard of it, goes to the dead letters', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const now = await queue.now();
      const { trial: _trial, ...immediate } = start({ at: addDays(now, -90) }) as Extract<
        ReturnType<typeof start>,
        { type: 'start' }
      >;
      const handle = await queue.send('sub_backdated', immediate, 'incomplete');
      await until('the end', async () => (await handle.describe()).status.name === 'COMPLETED');
      expect(world.charges).toEqual([]);
      expect(world.letters).toMatchObject([expect.stringContaining('import it as it stands')]);
    });
  });
});

describe('after the end', () => {
  it('who agreed to it is invited back twice, unless they are back', async () => {
    const world = new FakeWorld();
    let isBack = false;
    world.activities.lookAround = () => Promise.resolve({ hadTrial: true, isBack });
    await temporal.run(world, async (queue) => {
      const { id, drive, now } = await beginActive(world, queue, 'woo');
      await ask(id, { type: 'update_contact', marketing: true });
      await ask(id, { type: 'cancel' });
      await drive.forwardTo(addDays(now, 8));
      await until('the invitation', () => world.emails.some(({ type }) => type === 'win_back'));
      expect(await failureOf(ask(id, { type: 'pause' }))).toMatchObject({ type: 'CommandRefused' });
      isBack = true;
      await drive.forwardTo(addDays(now, 31));
      const handle = current(id);
      await until('the end', async () => (await handle.describe()).status.name === 'COMPLETED');
      expect(world.emails.filter(({ type }) => type === 'win_back')).toHaveLength(1);
    });
  });

  it('nobody else is, and the run ends at once', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { id } = await beginActive(world, queue, 'silent');
      await ask(id, { type: 'cancel' });
      const handle = current(id);
      await until('the end', async () => (await handle.describe()).status.name === 'COMPLETED');
      expect(world.emails.at(-1)?.type).toBe('cancelled');
    });
  });
});

describe('a payment that the customer has to confirm', () => {
  it('is waited for beside everything else, and settles the invoice', async () => {
    const world = new FakeWorld();
    const confirmed = Promise.withResolvers<{ isPaid: boolean }>();
    const charge = world.activities.charge.bind(world);
    let isAsking = false;
    world.activities.charge = (request) =>
      isAsking ? Promise.resolve({ outcome: 'action_required', payment: 'pi_1' }) : charge(request);
    world.activities.awaitAuthentication = () => confirmed.promise;
    await temporal.run(world, async (queue) => {
      const { drive, now } = await beginActive(world, queue, 'confirm');
      isAsking = true;
      await drive.forwardTo(addMonths(now, 1));
      await drive.until('the open invoice', ({ status }) => status === 'past_due');
      expect(world.emails.at(-1)?.type).toBe('payment_action_required');
      confirmed.resolve({ isPaid: true });
      await drive.until('the payment', ({ status }) => status === 'active');
      expect(world.emails.slice(-2).map(({ type }) => type)).toEqual(['receipt', 'recovered']);
    });
  });
});

describe('quiet hours', () => {
  it('hold back what can wait, and let out what is still true', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const hour = (await queue.now()).slice(11, 13);
      const from = `${hour}:00`;
      const to = `${String((Number(hour) + 2) % 24).padStart(2, '0')}:00`;
      const { drive, now } = await beginActive(world, queue, 'quiet', {
        quietHours: { from, to },
      });
      expect(world.emails.map(({ type }) => type)).toEqual(['welcome']);
      await drive.forwardTo(addDays(now, 0.1));
      await until('the receipt', () => world.emails.length === 2);
      expect(world.emails.at(-1)).toMatchObject({ type: 'receipt' });
    });
  });
});

describe('a listener that cannot be reached', () => {
  it('holds up nothing, and is told later', async () => {
    const world = new FakeWorld();
    const publish = world.activities.publish.bind(world);
    let tries = 0;
    world.activities.publish = async (publication) => {
      await publish(publication);
      return { events: true };
    };
    world.activities.deliverEvents = () => {
      tries += 1;
      return tries < 3 ? Promise.reject(new Error('away')) : Promise.resolve();
    };
    await temporal.run(world, async (queue) => {
      const { id, drive, now } = await beginActive(world, queue, 'listener');
      expect((await ask(id, { type: 'change_quantity', quantity: 2 })).version).toBe(2);
      await drive.forwardTo(addDays(now, 1));
      await until('the delivery', () => tries >= 3);
    });
  });
});

describe('mail that could not go out at once', () => {
  it('does not when it no longer says what is true', async () => {
    const world = new FakeWorld();
    const charge = world.activities.charge.bind(world);
    const publish = world.activities.publish.bind(world);
    const sendEmails = world.activities.sendEmails.bind(world);
    let isDown = false;
    let tries = 0;
    world.activities.charge = (request) =>
      request.paymentMethod === 'pm_new' || !isDown
        ? charge(request)
        : Promise.resolve({ outcome: 'declined', code: 'insufficient_funds' });
    world.activities.publish = async ({ change, emails }) => {
      await publish({ change, emails: isDown ? [] : emails });
      return isDown ? { emails: emails.map(({ key }) => key) } : {};
    };
    world.activities.sendEmails = (emails) => {
      tries += 1;
      return isDown ? Promise.reject(new Error('away')) : sendEmails(emails);
    };
    await temporal.run(world, async (queue) => {
      const { id, drive, now } = await beginActive(world, queue, 'late_mail');
      isDown = true;
      await drive.forwardTo(addMonths(now, 1));
      await drive.until('the failure', ({ status }) => status === 'past_due');
      await until('a try', () => tries > 0);
      const paymentMethod = 'pm_new';
      await queue.send(id, { type: 'update_payment_method', eventId: 'evt_pm', paymentMethod });
      await drive.until('the payment', ({ status }) => status === 'active');
      isDown = false;
      await drive.forwardTo(addDays(addMonths(now, 1), 1));
      await until('the mail', () => world.emails.some(({ type }) => type === 'recovered'));
      expect(world.emails.map(({ type }) => type)).toEqual([
        'welcome',
        'receipt',
        'receipt',
        'recovered',
      ]);
    });
  });
});
