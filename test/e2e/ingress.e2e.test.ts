import { describe, expect, it } from 'vitest';

import type { DeadLetter } from '../../functions/shared/dead-letters.ts';
import { stripeEvent, stripeInvoice, subscriptionEvent } from '../../local/stripe-events.ts';
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

const trialEvent = (id: string, now: number, more: object = {}) =>
  subscriptionEvent('customer.subscription.created', {
    id,
    status: 'trialing',
    created: now,
    trialStart: now,
    trialEnd: now + 14 * DAY,
    email: 'ada@example.com',
    ...more,
  });

/** The dead letter whose body mentions `text`. */
const letterWith = (text: string): Promise<DeadLetter> =>
  until(`a dead letter about ${text}`, async () => {
    const { body } = await client().call<{ items: DeadLetter[] }>('GET', '/api/dead-letters');
    return body.items.find((letter) => letter.body.includes(text));
  });

describe('a signed webhook', () => {
  it('delivered three times is one trial with one welcome', async () => {
    const id = uniqueId('thrice');
    const event = trialEvent(id, nowMs());
    for (let i = 0; i < 3; i++) expect((await client().postStripe(event)).status).toBe(200);
    const found = await client().settled(id, 'trialing');
    await client().clock(id, { advance: 'PT0S' });
    expect(found).toMatchObject({
      id,
      customer: `cus_${id}`,
      status: 'trialing',
      access: 'granted',
      collection: 'provider',
      cancelAt: null,
      nextAction: { type: 'trial_reminder' },
    });
    expect(await client().emails(id)).toMatchObject([
      {
        type: 'welcome',
        to: 'ada@example.com',
        subject: 'Your Acme trial has started',
        locale: 'en',
      },
    ]);
  });

  it('that comes again after all is over does not bring the subscription back', async () => {
    const id = uniqueId('late');
    const now = nowMs();
    await client().postStripe(trialEvent(id, now));
    await client().settled(id, 'trialing');
    const gone = { id, status: 'canceled', created: now + 2000, endedAt: now + 2000 };
    await client().postStripe(subscriptionEvent('customer.subscription.deleted', gone));
    await client().settled(id, 'canceled', ({ status }) => status === 'canceled');
    const late = subscriptionEvent('customer.subscription.updated', {
      id,
      status: 'active',
      created: now + 1000,
    });
    expect((await client().postStripe(late)).status).toBe(200);
    const { timeline } = await client().settled(id, 'a note of the late event', (found) =>
      found.timeline.some((entry) => entry['eventId'] === late.id),
    );
    expect(timeline.at(-1)).toMatchObject({
      type: 'ignored',
      reason: 'the subscription has ended',
    });
    expect(await client().subscription(id)).toMatchObject({
      status: 'canceled',
      access: 'revoked',
    });
  });

  it('older than what is known is in the timeline and changes nothing', async () => {
    const id = uniqueId('older');
    const now = nowMs();
    await client().postStripe(trialEvent(id, now + 10_000));
    await client().settled(id, 'trialing');
    const older = subscriptionEvent('customer.subscription.updated', {
      id,
      status: 'active',
      created: now,
    });
    await client().postStripe(older);
    const found = await client().settled(id, 'a note of the older event', ({ timeline }) =>
      timeline.some((entry) => entry['eventId'] === older.id),
    );
    expect(found.status).toBe('trialing');
    expect(found.timeline.at(-1)).toMatchObject({
      type: 'ignored',
      reason: 'older than what is known',
    });
  });

  it('without an address is answered with the one that the provider knows', async () => {
    const id = uniqueId('address');
    await client().postStripe(trialEvent(id, nowMs(), { email: undefined }));
    await until('the welcome', async () => (await client().emails(id)).length === 1);
    expect(await client().emails(id)).toMatchObject([{ to: `cus_${id}@example.com` }]);
  });

  it("about a customer reaches the customer's subscriptions", async () => {
    const id = uniqueId('customer');
    await client().postStripe(trialEvent(id, nowMs()));
    await client().settled(id, 'trialing');
    const customer = { id: `cus_${id}`, object: 'customer', email: 'new@example.com' };
    await client().postStripe(stripeEvent('customer.updated', nowMs(), customer));
    await client().settled(id, 'the new address', ({ timeline }) =>
      timeline.some(({ type }) => type === 'customer_updated'),
    );
    await client().call('POST', `/api/subscriptions/${id}/cancel`, {});
    expect((await client().emails(id)).at(-1)).toMatchObject({
      type: 'cancelled',
      to: 'new@example.com',
    });
  });
});

describe('a message that can never be applied', () => {
  it.each([
    [
      'of an unknown type',
      (id: string) => ['subscription.exploded', id, {}] as const,
      /"subscription\.exploded" is not known/,
    ],
    [
      'with a negative amount',
      (id: string) =>
        [
          'subscription.trial_started',
          id,
          {
            ...trialData(id),
            trialEnd: iso(Date.now() + DAY),
            plan: { id: 'pro', price: { amount: -1, currency: 'usd' }, interval: 'month' },
          },
        ] as const,
      /data\.plan\.price\.amount/,
    ],
    [
      'of an unknown currency',
      (id: string) =>
        [
          'subscription.trial_started',
          id,
          {
            ...trialData(id),
            trialEnd: iso(Date.now() + DAY),
            plan: { id: 'pro', price: { amount: 1, currency: 'zzz' }, interval: 'month' },
          },
        ] as const,
      /currency/,
    ],
    [
      'with a trial that ended before it began',
      (id: string) =>
        [
          'subscription.trial_started',
          id,
          { ...trialData(id), trialEnd: iso(Date.now() - DAY) },
        ] as const,
      /trialEnd: lies before/,
    ],
    [
      'with a trial of three years',
      (id: string) =>
        [
          'subscription.trial_started',
          id,
          { ...trialData(id), trialEnd: iso(Date.now() + 3 * 365 * DAY) },
        ] as const,
      /trialEnd: lies more than two years/,
    ],
  ])(
    '%s is a dead letter with its reason',
    async (_, message: (id: string) => readonly [string, string, object], reason) => {
      const id = uniqueId('bad');
      expect((await client().postEvent(...message(id))).status).toBe(200);
      expect(await letterWith(id)).toMatchObject({
        reason: expect.stringMatching(reason) as string,
      });
      expect(await client().subscription(id)).toBeUndefined();
    },
  );

  it('from Stripe, with fields missing, is one too', async () => {
    const id = uniqueId('fields');
    const event = trialEvent(id, nowMs());
    await client().postStripe({
      ...event,
      data: { object: { ...event.data.object, items: undefined } },
    });
    expect(await letterWith(id)).toMatchObject({
      reason: expect.stringMatching(/data\.object\.items/) as string,
    });
  });

  it('does not hold up the rest of its group', async () => {
    const id = uniqueId('group');
    await client().postEvent('no.such.type', id, {});
    await beginTrial(client(), id);
    expect(await letterWith(id)).toMatchObject({
      body: expect.stringContaining('no.such.type') as string,
    });
  });
});

describe('a message about a subscription that nobody knows', () => {
  it('is a dead letter that can be redriven once the subscription has started', async () => {
    const id = uniqueId('unknown');
    await client().postEvent('subscription.cancel_requested', id, { atPeriodEnd: true });
    const { messageId, reason } = await letterWith(id);
    expect(reason).toMatch(/unknown subscription/);
    await beginTrial(client(), id);
    const path = `/api/dead-letters/${messageId}/redrive`;
    expect((await client().call('POST', path)).status).toBe(200);
    await client().settled(id, 'the cancellation', ({ cancelAt }) => cancelAt !== null);
    expect((await client().call('POST', path)).status).toBe(404);
  });

  it('from Stripe is looked up at the provider', async () => {
    const id = uniqueId('lookup');
    const now = nowMs();
    const active = subscriptionEvent('customer.subscription.created', {
      id,
      status: 'active',
      created: now,
    });
    await provider().observe(JSON.stringify(active));
    const invoice = stripeInvoice({ id: `in_${id}`, subscription: id, amount: 1900, isPaid: true });
    await client().postStripe(stripeEvent('invoice.paid', now, invoice));
    expect(await client().settled(id, 'active')).toMatchObject({ status: 'active' });
  });
});

describe('an event of a type that does not concern us', () => {
  it('is acknowledged, and that is all', async () => {
    const id = uniqueId('ignored');
    const { status } = await client().postStripe(
      stripeEvent('charge.succeeded', nowMs(), { id, object: 'charge' }),
    );
    expect(status).toBe(200);
    expect(await client().subscription(id)).toBeUndefined();
  });
});
