import { describe, expect, it } from 'vitest';

import type { SubscriptionRecord } from '../../functions/shared/records.ts';
import { subscriptionEvent } from '../../local/stripe-events.ts';
import { until } from '../../local/until.ts';
import {
  beginTrial,
  client,
  DAY,
  iso,
  nowMs,
  provider,
  trialData,
  uniqueId,
} from '../support/stack.ts';

/** A subscription of the provider's, in the middle of its trial or of a period that is paid. */
async function begin(name: string, more: object = {}): Promise<string> {
  const id = uniqueId(name);
  const now = nowMs();
  const period = { periodStart: now - 10 * DAY, periodEnd: now + 20 * DAY };
  const options = { id, status: 'active', created: now, email: `${id}@example.com`, ...period };
  await client().postStripe(
    subscriptionEvent('customer.subscription.created', { ...options, ...more }),
  );
  await client().settled(id, 'known');
  return id;
}

/** Asks by the API; answers with how it is then, and fails if what the provider says about it afterwards changes anything. */
async function ask(id: string, request: string, body: object = {}): Promise<SubscriptionRecord> {
  const path = `/api/subscriptions/${id}/${request}`;
  const { status, body: answer } = await client().call<SubscriptionRecord>('POST', path, body);
  expect([status, answer]).toMatchObject([200, { id }]);
  const said = (await provider().said(id)).length;
  await client().clock(id, { advance: 'PT0S' });
  const { timeline } = (await client().subscription(id))!;
  const since = timeline.slice(answer.timeline.length).map(({ type }) => type);
  expect(since.filter((type) => !AFTERWARDS.has(type))).toEqual([]);
  expect(said).toBeGreaterThan(0);
  return (await client().subscription(id))!;
}

/** What a clock's first use, a payment and a mail add to what was asked for. */
const AFTERWARDS = new Set(['test_clock_attached', 'payment_succeeded', 'email']);

const types = async (id: string): Promise<string[]> =>
  (await client().emails(id)).map(({ type }) => type);

describe('what the provider carries out', () => {
  it('is a pause and its end', async () => {
    const id = await begin('pause');
    expect(await ask(id, 'pause')).toMatchObject({ status: 'paused', access: 'revoked' });
    await client().clock(id, { advance: 'P40D' });
    expect(await client().subscription(id)).toMatchObject({ status: 'paused' });
    const resumed = await ask(id, 'resume');
    expect(resumed).toMatchObject({ status: 'active', access: 'granted' });
    expect(Date.parse(resumed.currentPeriodStart!)).toBeGreaterThan(nowMs() + 39 * DAY);
  });

  it('is another plan at once', async () => {
    const id = await begin('plan');
    expect(await ask(id, 'change-plan', { plan: 'price_team_4900' })).toMatchObject({
      plan: { id: 'price_team_4900', price: { amount: 4900 } },
    });
    const charges = (await provider().charges()).filter(({ subscription }) => subscription === id);
    expect(charges).toMatchObject([{ amount: 2000 }]);
  });

  it('is a cancellation at an instant, and its reversal', async () => {
    const id = await begin('at');
    const at = iso(nowMs() + 12 * DAY);
    expect(await ask(id, 'cancel', { at })).toMatchObject({ cancelAt: at });
    expect(await ask(id, 'uncancel')).toMatchObject({ cancelAt: null });
    expect((await types(id)).slice(-2)).toEqual([
      'cancellation_scheduled',
      'cancellation_reversed',
    ]);
  });

  it('is a trial that ends later, and then now', async () => {
    const now = nowMs();
    const trial = { status: 'trialing', trialStart: now, trialEnd: now + 5 * DAY };
    const id = await begin('trial', { ...trial, periodStart: now, periodEnd: now + 5 * DAY });
    const trialEnd = iso(now + 9 * DAY);
    expect(await ask(id, 'extend-trial', { trialEnd })).toMatchObject({ trialEnd });
    expect(await ask(id, 'end-trial')).toMatchObject({ status: 'active' });
    expect(await types(id)).toContain('converted');
  });

  it('is not what it refuses, and the reason says why', async () => {
    const id = await begin('refused', { paymentMethod: 'pm_card_visa_chargeDeclined' });
    const path = `/api/subscriptions/${id}/change-plan`;
    const { status, body } = await client().call('POST', path, { plan: 'price_team_4900' });
    expect([status, body]).toMatchObject([
      409,
      { detail: 'The payment was declined (generic_decline), so nothing was changed.' },
    ]);
    expect(await client().subscription(id)).toMatchObject({ plan: { id: 'price_pro' } });
  });
});

describe('a payment of ours that the customer has to confirm', () => {
  const waiting = async (id: string) =>
    until(`a payment of ${id} that waits`, async () => {
      const payments = await provider().payments(id);
      return payments.find(({ status }) => status === 'requires_payment_method');
    });

  const paymentMethod = 'pm_card_authenticationRequired';
  const converted = async (id: string) =>
    (await types(id)).filter((type) => /^(converted|receipt|recovered)$/.test(type));

  it('is paid when the webhook says so', async () => {
    const id = uniqueId('confirm');
    await client().postEvent('subscription.started', id, trialData(id, { paymentMethod }));
    await client().settled(id, 'incomplete', ({ status }) => status === 'incomplete');
    const { id: payment } = await waiting(id);
    await provider().confirm(payment, 'succeed');
    await client().settled(id, 'active', ({ status }) => status === 'active');
    expect(await types(id)).toContain('payment_action_required');
    expect(await converted(id)).toHaveLength(1);
  });

  it('is so under a test clock as well, days later', async () => {
    const id = uniqueId('confirm_clock');
    await beginTrial(client(), id, { days: 7, paymentMethod });
    await client().clock(id, { advance: 'P8D' });
    expect(await client().subscription(id)).toMatchObject({ status: 'past_due' });
    const { id: payment } = await waiting(id);
    await provider().confirm(payment, 'succeed');
    await client().clock(id, { advance: 'P1D' });
    expect(await client().subscription(id)).toMatchObject({ status: 'active' });
    expect(await converted(id)).toHaveLength(1);
  });

  it('holds up no test clock that is attached while it is waited for', async () => {
    const id = uniqueId('confirm_late_clock');
    await client().postEvent('subscription.started', id, trialData(id, { paymentMethod }));
    await client().settled(id, 'incomplete', ({ status }) => status === 'incomplete');
    const { id: payment } = await waiting(id);
    await client().clock(id, { advance: 'PT2H' });
    await provider().confirm(payment, 'succeed');
    const paid = await client().settled(id, 'active', ({ status }) => status === 'active');
    expect(paid).toMatchObject({ access: 'granted', testClock: `clock_${id}` });
  });
});
