import { describe, expect, it } from 'vitest';

import { subscriptionEvent } from '../../local/stripe-events.ts';
import { addDuration, addMonths } from '../../workflows/domain/time.ts';
import { client, DAY, iso, nowMs, provider, uniqueId } from '../support/stack.ts';

async function begin(name: string, more: object = {}): Promise<{ id: string; end: string }> {
  const id = uniqueId(name);
  const now = nowMs();
  const trialEnd = now + 14 * DAY;
  const options = {
    id,
    status: 'trialing',
    created: now,
    trialStart: now,
    trialEnd,
    email: 'ada@example.com',
    ...more,
  };
  await client().postStripe(subscriptionEvent('customer.subscription.created', options));
  await client().settled(id, 'trialing');
  return { id, end: iso(trialEnd) };
}

const types = async (id: string): Promise<string[]> =>
  (await client().emails(id)).map(({ type }) => type);

describe('in provider mode', () => {
  it('the provider moves along with the clock: conversion, renewal, receipts', async () => {
    const { id, end } = await begin('life');
    await client().clock(id, { advance: 'P50D' });
    expect(await types(id)).toEqual([
      'welcome',
      'trial_ending',
      'trial_ending',
      'converted',
      'receipt',
    ]);
    const next = addMonths(end, 1);
    expect(await client().subscription(id)).toMatchObject({
      status: 'active',
      currentPeriodStart: next,
      currentPeriodEnd: addMonths(end, 2),
      nextAction: { type: 'reconcile', at: addDuration(addMonths(end, 2), 'PT2H') },
    });
    const converted = (await client().emails(id)).find(({ type }) => type === 'converted')!;
    expect(Date.parse(converted.at) - Date.parse(end) - 3_600_000).toBeLessThan(30_000);
  });

  it('a cancellation goes to the provider first, and its echo changes nothing', async () => {
    const { id, end } = await begin('cancel');
    const path = `/api/subscriptions/${id}/cancel`;
    const { status, body } = await client().call(
      'POST',
      path,
      { atPeriodEnd: true },
      { 'idempotency-key': `key_${id}` },
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'trialing', cancelAt: end });
    expect(await provider().requests()).toContain(`POST /v1/subscriptions/${id}`);
    await client().clock(id, { advance: 'P15D' });
    expect(await types(id)).toEqual(['welcome', 'cancellation_scheduled', 'cancelled']);
    expect(await client().subscription(id)).toMatchObject({ status: 'canceled' });
  });

  it('a command that was obeyed is known to the runs after it, also when it was taken back', async () => {
    const { id, end } = await begin('again');
    const cancel = () =>
      client().call(
        'POST',
        `/api/subscriptions/${id}/cancel`,
        { atPeriodEnd: true },
        { 'idempotency-key': `key_${id}` },
      );
    expect(await cancel()).toMatchObject({ status: 200, body: { cancelAt: end } });
    const takenBack = { id, status: 'trialing', created: nowMs() + 60_000, email: 'a@example.com' };
    const trial = { trialStart: Date.parse(end) - 14 * DAY, trialEnd: Date.parse(end) };
    await client().postStripe(
      subscriptionEvent('customer.subscription.updated', { ...takenBack, ...trial }),
    );
    await client().settled(id, 'not cancelled', ({ cancelAt }) => cancelAt === null);
    await client().clock(id, { advance: 'P15D' });
    const asked = async () => (await provider().requests()).filter((line) => line.includes(id));
    const before = await asked();
    expect(await cancel()).toMatchObject({
      status: 200,
      body: { status: 'active', cancelAt: null },
    });
    expect(await asked()).toEqual(before);
    expect(await types(id)).not.toContain('cancelled');
  });

  it('a card that says no is told of on days 0, 5 and 12, and the subscription ends when the provider gives up', async () => {
    const { id } = await begin('declined', { paymentMethod: 'pm_card_visa_chargeDeclined' });
    await client().clock(id, { advance: 'P16D' });
    expect(await client().subscription(id)).toMatchObject({ status: 'past_due', access: 'grace' });
    await client().clock(id, { advance: 'P20D' });
    expect(await client().subscription(id)).toMatchObject({ status: 'canceled' });
    expect(await types(id)).toEqual([
      'welcome',
      'trial_ending',
      'trial_ending',
      'payment_failed',
      'payment_failed',
      'access_revoked',
      'payment_failed',
      'cancelled',
    ]);
  });

  it('a webhook that gets lost is made up for by asking', async () => {
    const { id, end } = await begin('lost');
    await provider().silence(id, true);
    await client().clock(id, { to: end });
    expect(await client().subscription(id)).toMatchObject({
      status: 'trialing',
      nextAction: { type: 'reconcile', at: addDuration(end, 'PT2H') },
    });
    await client().clock(id, { advance: 'PT3H' });
    expect(await client().subscription(id)).toMatchObject({
      status: 'active',
      currentPeriodStart: end,
    });
  });
});
