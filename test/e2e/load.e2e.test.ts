import { expect, it } from 'vitest';

import type { DeadLetter } from '../../functions/shared/dead-letters.ts';
import { StackClient } from '../../local/client.ts';
import { stripeEvent, stripeInvoice, subscriptionEvent } from '../../local/stripe-events.ts';
import { until } from '../../local/until.ts';
import { DAY, nowMs, useStack } from '../support/stack.ts';

const stack = useStack();

const SUBSCRIPTIONS = 200;
const IN_FLIGHT = 16;

/** The same order on every run, and no order at all. */
function shuffled<T>(items: readonly T[]): T[] {
  let seed = 42;
  const random = (): number =>
    (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  return items
    .map((item) => ({ item, rank: random() }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ item }) => item);
}

it('a thousand webhooks, shuffled and a third of them twice, leave every subscription right', async () => {
  const client = new StackClient(stack().url);
  const now = nowMs();
  const ids = Array.from({ length: SUBSCRIPTIONS }, (_, i) => `sub_load_${i}`);
  const period = { periodStart: now + 14 * DAY, periodEnd: now + 44 * DAY };
  const trial = { trialStart: now, trialEnd: now + 14 * DAY };
  const unique = ids.flatMap((id, i) => {
    const base = { id, email: `${id}@example.com`, ...trial };
    const endsNow = i % 5 === 0;
    const scheduled = i % 5 === 1;
    return [
      subscriptionEvent('customer.subscription.created', {
        ...base,
        status: 'trialing',
        created: now,
      }),
      subscriptionEvent('customer.subscription.updated', {
        ...base,
        ...period,
        status: 'active',
        created: now + 1000,
      }),
      stripeEvent(
        'invoice.paid',
        now + 2000,
        stripeInvoice({ id: `in_${id}`, subscription: id, amount: 1900, isPaid: true }),
      ),
      endsNow
        ? subscriptionEvent('customer.subscription.deleted', {
            ...base,
            ...period,
            status: 'canceled',
            created: now + 3000,
            endedAt: now + 3000,
          })
        : subscriptionEvent('customer.subscription.updated', {
            ...base,
            ...period,
            status: 'active',
            created: now + 3000,
            cancelAtPeriodEnd: scheduled,
          }),
    ].slice(0, i % 20 === 2 ? 1 : 4);
  });
  const twice = unique.filter((_, i) => i % 10 < 3);
  const all = shuffled([...unique, ...twice]);
  expect(all.length).toBeGreaterThanOrEqual(1000);

  const left = [...all];
  const post = async (): Promise<void> => {
    for (let event = left.pop(); event !== undefined; event = left.pop()) {
      const { status } = await client.postStripe(event);
      if (status !== 200) throw new Error(`a webhook was answered ${status}`);
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, post));
  await until('the queue to run dry', async () => (await stack().queues.queued(ids)) === 0, {
    ms: 90_000,
    every: 250,
  });

  const expected = (i: number): object => {
    if (i % 20 === 2) return { status: 'trialing', cancelAt: null };
    if (i % 5 === 0) return { status: 'canceled', access: 'revoked' };
    return {
      status: 'active',
      access: 'granted',
      cancelAt: i % 5 === 1 ? new Date(period.periodEnd).toISOString() : null,
    };
  };
  for (const [i, id] of ids.entries()) {
    const status = (expected(i) as { status: string }).status;
    await client.settled(id, status, (found) => found.status === status);
  }
  for (const [i, id] of ids.entries()) {
    expect({ ...(await client.subscription(id)), id }).toMatchObject({ ...expected(i), id });
    const keys = stack()
      .inbox.emails(id)
      .map(({ key }) => key);
    expect(keys).toEqual([...new Set(keys)]);
  }
  const { body } = await client.call<{ items: DeadLetter[] }>('GET', '/api/dead-letters');
  expect(body.items).toEqual([]);
});
