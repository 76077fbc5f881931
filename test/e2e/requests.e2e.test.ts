import { describe, expect, inject, it } from 'vitest';

import type { SubscriptionRecord } from '../../functions/shared/records.ts';
import { runsOf } from '../support/runs.ts';
import { beginTrial, client, DAY, iso, uniqueId } from '../support/stack.ts';

const call = <Body = SubscriptionRecord>(
  id: string,
  path: string,
  body: object = {},
  headers: Record<string, string> = {},
) => client().call<Body>('POST', `/api/subscriptions/${id}/${path}`, body, headers);

const eventsOf = async (id: string): Promise<number> => {
  const runs = await runsOf(inject('temporalEnvironment'), id);
  return runs.reduce((sum, { events }) => sum + events.length, 0);
};

const MAX = { id: 'max', price: { amount: 4900, currency: 'usd' }, interval: 'month' };

describe('a request', () => {
  it('that the state does not allow is 409 with a reason, and leaves no event in the history', async () => {
    const id = uniqueId('rejected');
    await beginTrial(client(), id);
    // Readers see the trial before its first task is over.
    await client().clock(id, { advance: 'PT0S' });
    const before = await eventsOf(id);
    expect(await call(id, 'pause')).toMatchObject({
      status: 409,
      body: { detail: 'A subscription that is trialing cannot be paused; it has to be active.' },
    });
    expect(await call(id, 'uncancel')).toMatchObject({
      status: 409,
      body: { detail: 'The subscription is not set to end.' },
    });
    expect(await eventsOf(id)).toBe(before);
  });

  it.each([
    ['cancel', { at: '2020-01-01T00:00:00Z' }, 'cannot lie in the past'],
    ['change-plan', { plan: { ...MAX, price: { amount: 1, currency: 'eur' } } }, 'currency'],
    ['extend-trial', { trialEnd: '2020-01-01T00:00:00Z' }, 'cannot lie in the past'],
    ['extend-trial', {}, 'give one of them'],
  ])('to %s with %o that makes no sense is 422', async (path, body, words) => {
    const id = uniqueId('invalid');
    await beginTrial(client(), id);
    const answer = await call<{ detail: string }>(id, path, body);
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContain(words);
  });

  it('of who has seen an older version is 412', async () => {
    const id = uniqueId('outdated');
    await beginTrial(client(), id);
    const seen = `"${(await client().subscription(id))!.version}"`;
    const first = await call(id, 'update-contact', { name: 'Ada' }, { 'if-match': seen });
    expect(first.status).toBe(200);
    const second = await call(id, 'update-contact', { name: 'Eve' }, { 'if-match': seen });
    expect(second.status).toBe(412);
  });

  it('sent again with its key is answered again, and with another body refused', async () => {
    const id = uniqueId('again');
    const key = { 'idempotency-key': `key-${id}` };
    await beginTrial(client(), id);
    const first = await call(id, 'cancel', { atPeriodEnd: true }, key);
    const again = await call(id, 'cancel', { atPeriodEnd: true }, key);
    expect([first.status, again.status]).toEqual([200, 200]);
    expect(again.body.version).toBe(first.body.version);
    expect((await call(id, 'cancel', {}, key)).status).toBe(422);
    expect((await client().subscription(id))!.status).toBe('trialing');
  });

  it('for an e-mail sends it again, to the address of now', async () => {
    const id = uniqueId('resend');
    await beginTrial(client(), id);
    await call(id, 'update-contact', { email: 'new@example.com', locale: 'de' });
    expect((await call(id, 'resend-email', { email: 'welcome' })).status).toBe(200);
    expect((await call(id, 'resend-email', { email: 'receipt' })).status).toBe(409);
    const emails = await client().emails(id);
    expect(emails.map(({ type, to, locale }) => [type, to, locale])).toEqual([
      ['welcome', `${id}@example.com`, 'en'],
      ['welcome', 'new@example.com', 'de'],
    ]);
  });
});

describe('a trial', () => {
  it('is extended, reminded of at its new end, and ended early by a payment', async () => {
    const id = uniqueId('extended');
    const { end } = await beginTrial(client(), id, { days: 5 });
    const { body } = await call(id, 'extend-trial', { by: 'P10D' });
    expect(body.trialEnd).toBe(iso(end + 10 * DAY));
    await client().clock(id, { advance: 'P9D' });
    expect((await call(id, 'end-trial')).body).toMatchObject({ status: 'active' });
    expect((await client().emails(id)).map(({ type }) => type)).toEqual([
      'welcome',
      'trial_ending',
      'converted',
    ]);
  });

  it('that cannot be paid for goes on', async () => {
    const id = uniqueId('unpayable');
    await beginTrial(client(), id, { paymentMethod: 'pm_card_visa_chargeDeclined' });
    expect(await call(id, 'end-trial')).toMatchObject({
      status: 409,
      body: { detail: expect.stringContaining('declined') as string },
    });
    expect((await client().subscription(id))!.status).toBe('trialing');
  });

  it('of a customer who has had one is skipped where the policy says so, and charged for', async () => {
    const customer = { id: `cus_${uniqueId('twice')}`, email: 'twice@example.com' };
    const policy = { repeatedTrial: 'skip' };
    const first = uniqueId('first');
    await beginTrial(client(), first, { customer, policy });
    const second = uniqueId('second');
    const start = Date.now();
    await client().postEvent('subscription.trial_started', second, {
      customer,
      plan: { id: 'pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
      paymentMethod: 'pm_card_visa',
      policy,
      trialEnd: iso(start + 14 * DAY),
    });
    const found = await client().settled(
      second,
      'the payment',
      ({ status }) => status === 'active',
    );
    expect(found.timeline.map(({ type }) => type)).toContain('trial_skipped');
    await client().clock(second, { advance: 'PT0S' });
    expect((await client().emails(second)).map(({ type }) => type)).toEqual(['welcome', 'receipt']);
  });
});

describe('what is imported', () => {
  it('goes on as it stands, without a word', async () => {
    const id = uniqueId('imported');
    const now = Date.now();
    await client().postEvent('subscription.imported', id, {
      customer: { id: `cus_${id}`, email: `${id}@example.com` },
      plan: { id: 'pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
      paymentMethod: 'pm_card_visa',
      status: 'active',
      anchor: iso(now - 200 * DAY),
      periodStart: iso(now - 10 * DAY),
      periodEnd: iso(now + 20 * DAY),
    });
    await client().settled(id, 'the import');
    await client().clock(id, { advance: 'P21D' });
    expect((await client().emails(id)).map(({ type }) => type)).toEqual(['receipt']);
    expect(await client().subscription(id)).toMatchObject({
      status: 'active',
      currentPeriodStart: iso(now + 20 * DAY),
    });
  });
});

describe('a start', () => {
  it('whose first period is over is no reason to charge: it goes to the dead letters', async () => {
    const id = uniqueId('backdated');
    await client().postEvent(
      'subscription.started',
      id,
      {
        customer: { id: `cus_${id}` },
        plan: { id: 'pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
        paymentMethod: 'pm_card_visa',
      },
      { time: iso(Date.now() - 90 * DAY) },
    );
    await expect
      .poll(async () => JSON.stringify((await client().call('GET', '/api/dead-letters')).body), {
        timeout: 20_000,
      })
      .toContain(id);
    expect(await client().subscription(id)).toBeUndefined();
  });
});
