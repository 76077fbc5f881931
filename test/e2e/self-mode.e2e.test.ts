import { WorkflowClient } from '@temporalio/client';
import { describe, expect, inject, it } from 'vitest';

import { withConnection } from '../../local/temporal/temporal.ts';
import { until } from '../../local/until.ts';
import { workflowId } from '../../workflows/domain/contract.ts';
import { addDays } from '../../workflows/domain/time.ts';
import { runsOf } from '../support/runs.ts';
import { beginTrial, client, DAY, iso, provider, uniqueId } from '../support/stack.ts';

const mail = async (id: string): Promise<string[]> =>
  (await client().emails(id)).map(({ type, at }) => `${type} ${at}`);

const cancel = (id: string, body: object = {}, key?: string) =>
  client().call(
    'POST',
    `/api/subscriptions/${id}/cancel`,
    body,
    key ? { 'idempotency-key': key } : {},
  );

/** The next 31 January, 00:00 UTC, that is more than 31 days away. */
const january = (): number => {
  const now = new Date();
  const next = Date.UTC(now.getUTCFullYear() + 1, 0, 31);
  return next - now.getTime() > 31 * DAY ? next : Date.UTC(now.getUTCFullYear() + 2, 0, 31);
};

describe.each([
  [7, [-3]],
  [14, [-7, -3]],
  [30, [-7, -3]],
])('a trial of %d days that ends on 31 January', (days, reminders) => {
  it('sends every e-mail at its instant, through the renewals of the months after', async () => {
    const id = uniqueId(`jan${days}`);
    const end = january();
    await beginTrial(client(), id, { start: end - days * DAY, days });
    const at = iso(end);
    const year = Number(at.slice(0, 4));
    const leap = year % 4 === 0 ? '29' : '28';
    await client().clock(id, { to: `${year}-06-01T00:00:00.000Z` });
    const [welcome, ...rest] = await mail(id);
    expect(welcome).toMatch(/^welcome /);
    expect(rest).toEqual([
      ...reminders.map((offset) => `trial_ending ${addDays(at, offset)}`),
      `converted ${at}`,
      `receipt ${year}-02-${leap}T00:00:00.000Z`,
      `receipt ${year}-03-31T00:00:00.000Z`,
      `receipt ${year}-04-30T00:00:00.000Z`,
      `receipt ${year}-05-31T00:00:00.000Z`,
    ]);
    expect(await client().subscription(id)).toMatchObject({
      status: 'active',
      currentPeriodStart: `${year}-05-31T00:00:00.000Z`,
      currentPeriodEnd: `${year}-06-30T00:00:00.000Z`,
      testClock: `clock_${id}`,
    });
  });
});

describe('the eight-day example', () => {
  it('is welcome, seven days, trial ending, one day, converted', async () => {
    const id = uniqueId('eight');
    const { start, end } = await beginTrial(client(), id, {
      days: 8,
      policy: { trialReminders: ['P1D'] },
    });
    await client().clock(id, { advance: 'P9D' });
    expect((await mail(id)).slice(1)).toEqual([
      `trial_ending ${iso(start + 7 * DAY)}`,
      `converted ${iso(end)}`,
    ]);
  });
});

describe('a trial', () => {
  it('without a payment method ends without a charge', async () => {
    const id = uniqueId('cardless');
    const { end } = await beginTrial(client(), id, { paymentMethod: undefined });
    await client().clock(id, { advance: 'P15D' });
    expect(await client().subscription(id)).toMatchObject({
      status: 'canceled',
      access: 'revoked',
      endedAt: iso(end),
    });
    expect((await mail(id)).at(-1)).toBe(`trial_expired ${iso(end)}`);
  });

  it('that is cancelled is not charged and sends no reminder', async () => {
    const id = uniqueId('leaver');
    const { end } = await beginTrial(client(), id);
    expect(await cancel(id, { atPeriodEnd: true, reason: 'too dear' })).toMatchObject({
      status: 200,
      body: {
        status: 'trialing',
        cancelAt: iso(end),
        nextAction: { type: 'cancel', at: iso(end) },
        version: 2,
      },
    });
    await client().clock(id, { advance: 'P20D' });
    expect((await client().emails(id)).map(({ type }) => type)).toEqual([
      'welcome',
      'cancellation_scheduled',
      'cancelled',
    ]);
    expect((await provider().charges()).filter(({ subscription }) => subscription === id)).toEqual(
      [],
    );
  });
});

describe('a cancellation amid other events', () => {
  const busy = async (id: string): Promise<void> => {
    await Promise.all(
      Array.from({ length: 4 }, (_, i) =>
        client().postEvent('subscription.updated', id, { customer: { name: `Eve ${i}` } }),
      ),
    );
  };
  const cancelled = async (id: string): Promise<number> =>
    (await client().emails(id)).filter(({ type }) => type === 'cancelled').length;

  it('by the API is never lost, and never said to be done when it is not', async () => {
    const ids = Array.from({ length: 10 }, () => uniqueId('amid'));
    await Promise.all(ids.map((id) => beginTrial(client(), id)));
    const answers = await Promise.all(
      ids.map(async (id) => {
        const [answer] = await Promise.all([cancel(id, {}, `key_${id}`), busy(id)]);
        return answer;
      }),
    );
    expect(answers.map(({ status }) => status)).toEqual(ids.map(() => 200));
    for (const id of ids) {
      const found = await client().settled(id, 'canceled', ({ status }) => status === 'canceled');
      expect(found.access).toBe('revoked');
      expect(await cancelled(id)).toBe(1);
      expect((await cancel(id, {}, `key_${id}`)).body).toMatchObject({ status: 'canceled' });
    }
  });

  it('by an event sends one e-mail', async () => {
    const ids = Array.from({ length: 10 }, () => uniqueId('amid_event'));
    await Promise.all(ids.map((id) => beginTrial(client(), id)));
    await Promise.all(
      ids.flatMap((id) => [client().postEvent('subscription.cancel_requested', id, {}), busy(id)]),
    );
    for (const id of ids) {
      await client().settled(id, 'canceled', ({ status }) => status === 'canceled');
      await until('the mail', async () => (await cancelled(id)) > 0);
    }
    expect(await Promise.all(ids.map(cancelled))).toEqual(ids.map(() => 1));
  });
});

describe("Temporal's own cancellation", () => {
  it('does not end a subscription, as it would leave no trace', async () => {
    const id = uniqueId('operator');
    await beginTrial(client(), id);
    const environment = inject('temporalEnvironment');
    await withConnection({ environment }, (connection) =>
      new WorkflowClient({ connection }).getHandle(workflowId(id)).cancel(),
    );
    await client().clock(id, { advance: 'P15D' });
    expect(await client().subscription(id)).toMatchObject({ status: 'active' });
  });
});

describe('a renewal that is declined', () => {
  it('makes the subscription past due, and the customer is told once', async () => {
    const id = uniqueId('declined');
    const { end } = await beginTrial(client(), id);
    await client().clock(id, { to: iso(end) });
    await client().postEvent('subscription.updated', id, {
      paymentMethod: 'pm_card_visa_chargeDeclined',
    });
    await client().clock(id, { advance: 'P33D' });
    expect(await client().subscription(id)).toMatchObject({ status: 'past_due', access: 'grace' });
    const failures = (await client().emails(id)).filter(({ type }) => type === 'payment_failed');
    expect(failures).toHaveLength(1);
    await client().clock(id, { advance: 'P20D' });
    expect(await client().subscription(id)).toMatchObject({ status: 'canceled' });
  });
});

describe('a cancellation by the API', () => {
  it('now ends the subscription once; a second one is 409, the same one again is not', async () => {
    const id = uniqueId('cancel');
    await beginTrial(client(), id);
    expect(await cancel(id, {}, 'key-1')).toMatchObject({
      status: 200,
      body: { status: 'canceled', version: 2 },
    });
    expect(await cancel(id)).toMatchObject({
      status: 409,
      body: { detail: 'The subscription has already ended (canceled).' },
    });
    expect(await cancel(id, {}, 'key-1')).toMatchObject({
      status: 200,
      body: { status: 'canceled', version: 2 },
    });
    expect((await client().emails(id)).filter(({ type }) => type === 'cancelled')).toHaveLength(1);
  });

  it('of an unknown subscription is 404, with a wrong body 422', async () => {
    const id = uniqueId('wrong');
    expect((await cancel(id)).status).toBe(404);
    await beginTrial(client(), id);
    expect((await cancel(id, { atPeriodEnd: 'soon' })).status).toBe(422);
  });

  it('that is refused leaves no event in the history', async () => {
    const id = uniqueId('refused');
    await beginTrial(client(), id);
    await cancel(id, { atPeriodEnd: true });
    const environment = inject('temporalEnvironment');
    const before = await runsOf(environment, id);
    expect(await cancel(id, { atPeriodEnd: true })).toMatchObject({ status: 409 });
    expect(await runsOf(environment, id)).toEqual(before);
  });
});

describe('a listing', () => {
  it('finds a subscription by its customer and its status', async () => {
    const id = uniqueId('listed');
    await beginTrial(client(), id);
    const list = async (query: string) =>
      (
        await client().call<{ items: { id: string }[] }>('GET', `/api/subscriptions?${query}`)
      ).body.items.map((item) => item.id);
    expect(await list(`customer=cus_${id}`)).toEqual([id]);
    expect(await list(`customer=cus_${id}&status=trialing`)).toEqual([id]);
    expect(await list(`customer=cus_${id}&status=active`)).toEqual([]);
    expect(await list('status=trialing&limit=1')).toHaveLength(1);
  });
});
