import { describe, expect, it } from 'vitest';

import { StackClient } from '../../local/client.ts';
import { subscriptionEvent } from '../../local/stripe-events.ts';
import { until } from '../../local/until.ts';
import { beginTrial, DAY, iso, nowMs, uniqueId, useStack } from '../support/stack.ts';

const stack = useStack({ isPersistent: true });
const client = (): StackClient => new StackClient(stack().url);

const types = async (id: string): Promise<string[]> =>
  (await client().emails(id)).map(({ type }) => type);
const advance = (id: string, by: string): Promise<unknown> => client().clock(id, { advance: by });

async function killWorker(): Promise<void> {
  const { process } = stack().worker;
  process.kill('SIGKILL');
  await process.ended;
}

const charges = async (id: string) =>
  (await stack().provider.charges()).filter(({ subscription }) => subscription === id);

/** Paid once, and it says so, before the end. */
async function paidAndEnded(id: string): Promise<void> {
  const ended = await client().settled(id, 'canceled', ({ status }) => status === 'canceled');
  expect(await charges(id)).toHaveLength(1);
  const told = ended.timeline.map(({ type }) => type);
  expect(told.filter((type) => /payment_succeeded|activated|ended/.test(type))).toEqual([
    'payment_succeeded',
    'activated',
    'ended',
  ]);
  expect((await types(id)).filter((type) => type === 'converted')).toHaveLength(1);
}

/** Takes a trial to its end, where the charge is made and its answer held back; `clock` is what the clock says at last. */
async function untilCharging(id: string) {
  const { end } = await beginTrial(client(), id);
  await advance(id, 'P13D');
  await stack().provider.hold(true);
  const clock = client().call('POST', `/api/subscriptions/${id}/clock`, { to: iso(end) });
  await until('the charge', async () => (await charges(id)).length === 1);
  return { clock };
}

describe('a cancellation that comes while a charge is under way', () => {
  it('ends what was paid for, and the payment is not forgotten', async () => {
    const id = uniqueId('meanwhile');
    const { clock } = await untilCharging(id);
    await client().postEvent('subscription.cancel_requested', id, {});
    await until('the signal', async () => (await stack().queues.queued([id])) === 0);
    await stack().provider.hold(false);
    expect((await clock).status).toBe(200);
    await paidAndEnded(id);
  });
});

describe('a worker that is killed', () => {
  it('after a charge and before its answer does not charge twice', async () => {
    const id = uniqueId('charge');
    const { clock } = await untilCharging(id);
    await killWorker();
    await stack().provider.hold(false);
    await stack().worker.start();
    expect((await clock).status).toBe(200);
    expect(await charges(id)).toHaveLength(1);
    expect(await client().subscription(id)).toMatchObject({ status: 'active' });
    expect(await types(id)).toEqual(['welcome', 'trial_ending', 'trial_ending', 'converted']);
  });

  it('after a charge does not forget it when a cancellation comes meanwhile', async () => {
    const id = uniqueId('cancelled');
    const { clock } = await untilCharging(id);
    await killWorker();
    await client().postEvent('subscription.cancel_requested', id, {});
    await stack().provider.hold(false);
    await stack().worker.start();
    expect((await clock).status).toBe(200);
    await paidAndEnded(id);
  });

  it('just before the end of a trial charges nobody who cancels before it is back', async () => {
    const id = uniqueId('absent');
    const start = nowMs() - 14 * DAY + 4000;
    const { end } = await beginTrial(client(), id, { start });
    await killWorker();
    await client().postEvent('subscription.cancel_requested', id, {});
    await until('the end of the trial', () => Date.now() > end);
    await stack().worker.start();
    await client().settled(id, 'canceled', ({ status }) => status === 'canceled');
    expect(await charges(id)).toEqual([]);
  });

  it('after an e-mail was taken and before the answer sends it again, and calls it uncertain', async () => {
    const id = uniqueId('mail');
    await beginTrial(client(), id);
    await advance(id, 'P6D');
    const gate = Promise.withResolvers<undefined>();
    stack().inbox.hold(gate.promise);
    const clock = client().call('POST', `/api/subscriptions/${id}/clock`, { advance: 'P2D' });
    await until('the reminder', async () => (await types(id)).length === 2);
    await killWorker();
    stack().inbox.hold(Promise.resolve());
    gate.resolve(undefined);
    await stack().worker.start();
    expect((await clock).status).toBe(200);
    expect(await types(id)).toEqual(['welcome', 'trial_ending', 'trial_ending']);
    const { timeline } = (await client().subscription(id))!;
    const ledger = timeline.filter(({ type }) => type === 'email');
    expect(ledger).toMatchObject([
      { email: 'welcome', status: 'sent' },
      { email: 'trial_ending', status: 'sent', uncertain: true },
    ]);
    expect(ledger[0]).not.toHaveProperty('uncertain');
  });

  it('while idle takes nothing along', async () => {
    const id = uniqueId('idle');
    await beginTrial(client(), id, { days: 8, policy: { trialReminders: ['P1D'] } });
    await advance(id, 'P2D');
    await killWorker();
    await stack().worker.start();
    await advance(id, 'P7D');
    expect(await types(id)).toEqual(['welcome', 'trial_ending', 'converted']);
  });
});

describe('a Temporal server', () => {
  it('that is away while webhooks come in costs none of them', async () => {
    const now = nowMs();
    const ids = Array.from({ length: 5 }, (_, i) => uniqueId(`away${i}`));
    await stack().temporal.server!.process.stop();
    for (const id of ids) {
      const trial = { trialStart: now, trialEnd: now + 14 * DAY };
      const event = subscriptionEvent('customer.subscription.created', {
        id,
        status: 'trialing',
        created: now,
        ...trial,
      });
      expect((await client().postStripe(event)).status).toBe(200);
    }
    const health = await client().call<{ detail: string }>('GET', '/api/health');
    expect([health.status, health.body.detail]).toEqual([503, 'Not answering: temporal.']);
    const cancel = await client().call('POST', `/api/subscriptions/${ids[0]}/cancel`, {});
    expect([404, 503]).toContain(cancel.status);
    await stack().temporal.restart();
    for (const id of ids) await client().settled(id, 'trialing');
    const { body } = await client().call<{ items: unknown[] }>('GET', '/api/dead-letters');
    expect(body.items).toEqual([]);
  });

  it('that is restarted in the middle of the eight-day trial, with its worker, forgets nothing', async () => {
    const id = uniqueId('restart');
    const { start, end } = await beginTrial(client(), id, {
      days: 8,
      policy: { trialReminders: ['P1D'] },
    });
    await advance(id, 'P5D');
    await stack().worker.process.stop();
    await stack().temporal.restart();
    await stack().worker.start();
    await advance(id, 'P4D');
    const mail = (await client().emails(id)).map(({ type, at }) => `${type} ${at}`);
    expect(mail.slice(1)).toEqual([
      `trial_ending ${iso(start + 7 * DAY)}`,
      `converted ${iso(end)}`,
    ]);
  });
});
