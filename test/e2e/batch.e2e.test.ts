import { describe, expect, it } from 'vitest';

import { batchIs, beginBatch, reportOf } from '../../local/batches.ts';
import { beginTrial, client, trialData, uniqueId } from '../support/stack.ts';

const reasons = (items: { subscription: string; outcome: string; reason: string }[]) =>
  Object.fromEntries(
    items.map(({ subscription, outcome, reason }) => [subscription, `${outcome}: ${reason}`]),
  );

const trials = async (
  name: string,
  count: number,
  more: (id: string) => object = () => ({}),
): Promise<string[]> => {
  const ids = Array.from({ length: count }, (_, n) => uniqueId(`${name}${n}`));
  await Promise.all(ids.map((id) => beginTrial(client(), id, { ...more(id) })));
  return ids;
};

describe('a batch', () => {
  it('does it to each subscription once, and reports those that refuse and those that nobody knows', async () => {
    const [one, two, ended] = (await trials('batch', 3)) as [string, string, string];
    const unknown = uniqueId('batch_unknown');
    await client().call('POST', `/api/subscriptions/${ended}/cancel`, {});
    const subscriptions = [one, one, two, ended, unknown];
    const task = { action: 'extend_trial', by: 'P3D' } as const;

    const before = (await client().subscription(one))!;
    const rehearsal = await beginBatch(
      client(),
      { ...task, subscriptions, isDryRun: true },
      uniqueId('dry'),
    );
    expect(await batchIs(client(), rehearsal)).toMatchObject({ total: 4, done: 2, failed: 2 });
    expect((await client().subscription(one))!.version).toBe(before.version);

    const id = await beginBatch(client(), { ...task, subscriptions }, uniqueId('extend'));
    expect(await batchIs(client(), id)).toMatchObject({ status: 'done', done: 2, failed: 2 });
    for (const each of [one, two]) {
      const { timeline } = (await client().subscription(each))!;
      expect(timeline.filter(({ type }) => type === 'trial_changed')).toHaveLength(1);
    }
    expect(reasons((await reportOf(client(), id)).items)).toEqual({
      [ended]: 'failed: The subscription has already ended (canceled).',
      [unknown]: `failed: There is no subscription ${unknown}.`,
    });
    const csv = await client().call<string>('GET', `/api/batches/${id}/report?format=csv`);
    expect(csv.body).toContain('subscription,outcome,reason,at\r\n');
    expect(csv.body).toContain(`${unknown},failed,There is no subscription ${unknown}.,`);

    const again = await client().call('POST', `/api/batches/${id}/pause`, {});
    expect(again.status).toBe(409);
  });

  it('announces to those who agreed, each once, with a way out, and says who was left out', async () => {
    const [agreed] = (await trials('agreed', 1, (id) => ({
      customer: { ...trialData(id).customer, locale: 'de', marketing: true },
    }))) as [string];
    const [silent] = (await trials('silent', 1)) as [string];
    const id = await beginBatch(
      client(),
      {
        action: 'announce',
        headline: 'Two new reports',
        body: 'You find them on the first page.',
        subscriptions: [agreed, silent],
      },
      uniqueId('announce'),
    );
    expect(await batchIs(client(), id)).toMatchObject({ done: 1, skipped: 1, failed: 0 });
    const mail = (await client().emails(agreed)).filter(({ type }) => type === 'announcement');
    expect(mail).toHaveLength(1);
    expect(mail[0]).toMatchObject({ subject: 'Two new reports', locale: 'de' });
    expect(mail[0]!.text).toContain('You find them on the first page.');
    expect(mail[0]!.unsubscribeUrl).toBeDefined();
    expect(await client().emails(silent)).toHaveLength(1);
    expect(reasons((await reportOf(client(), id)).items)).toEqual({
      [silent]: 'skipped: The customer has not agreed to promotional mail.',
    });
  });

  it('finds its subscriptions by a filter, leaves alone what came later, and is cancelled in between', async () => {
    const plan = {
      id: uniqueId('plan'),
      price: { amount: 900, currency: 'usd' },
      interval: 'month',
    };
    const all = await trials('filter', 5, () => ({ plan }));
    const id = await beginBatch(
      client(),
      {
        action: 'cancel',
        reason: 'The plan is no more.',
        filter: { plan: plan.id },
        concurrency: 1,
        perSecond: 1,
      },
      uniqueId('filtered'),
    );
    await batchIs(client(), id, ({ done }) => done !== undefined);
    const cancelled = await client().call('POST', `/api/batches/${id}/cancel`, { reason: 'oops' });
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    const { done, left } = await batchIs(client(), id);
    expect(done + left!).toBe(5);
    expect(left).toBeGreaterThan(0);
    const { items } = await reportOf(client(), id);
    expect(items.map(({ outcome }) => outcome)).toEqual(
      Array.from({ length: left! }, () => 'not_done'),
    );
    const kept = items.map(({ subscription }) => subscription);
    for (const each of all) {
      const { endedAt } = (await client().subscription(each))!;
      expect(endedAt === null).toBe(kept.includes(each));
    }
  });

  it.each([
    ['no subscription', { action: 'cancel', subscriptions: [] }],
    ['neither ids nor a filter', { action: 'cancel' }],
    ['a filter of nothing', { action: 'cancel', filter: {} }],
    ['an announcement without words', { action: 'announce', subscriptions: ['sub_1'] }],
    ['a plan that is not for it', { action: 'cancel', plan: 'pro', subscriptions: ['sub_1'] }],
    ['a misspelt dry run', { action: 'cancel', isDryrun: true, subscriptions: ['sub_1'] }],
  ])('of %s is refused', async (_, body) => {
    expect((await client().call('POST', '/api/batches', body)).status).toBe(422);
  });
});
