import { describe, expect, it } from 'vitest';

import type { Command } from '../../../workflows/domain/commands.ts';
import { due } from '../../../workflows/domain/due.ts';
import { adopt } from '../../../workflows/domain/follow.ts';
import type { State } from '../../../workflows/domain/state.ts';
import { addDays } from '../../../workflows/domain/time.ts';
import {
  active,
  day,
  ended,
  FIRST_PERIOD,
  observe,
  pastDue,
  seen,
  T0,
  unix,
  viewOf,
} from '../../support/fixtures.ts';
import { types, when } from '../../support/given.ts';

const t = unix(day(30));
const paying = (more: Partial<Parameters<typeof seen>[0]> = {}) =>
  seen({ status: 'active', period: FIRST_PERIOD, ...more });
const invoice = { id: 'in_1', amount: { amount: 1900, currency: 'usd' } };
const failed = (created: number, eventId = 'evt_failed'): Command => ({
  type: 'invoice_failed',
  eventId,
  created,
  invoice,
  attempt: 1,
});
const paid = (created: number): Command => ({
  type: 'invoice_paid',
  eventId: 'evt_paid',
  created,
  invoice,
});
const ours = (): Promise<{ state: State | undefined }> =>
  when(undefined, observe(t, paying()), day(30));

describe("the provider's word about an invoice", () => {
  it('that it failed is news while we have heard of no payment since', async () => {
    const { state } = await ours();
    expect(types((await when(state, failed(t + 10), day(30))).emails)).toEqual(['payment_failed']);
  });

  it('that it failed is old once a later payment is known', async () => {
    const { state } = await ours();
    const settled = await when(state, paid(t + 20), day(30));
    for (const created of [t + 10, t + 20]) {
      const { events, emails } = await when(settled.state, failed(created), day(30));
      expect(events).toMatchObject([{ type: 'ignored', reason: 'older than what is known' }]);
      expect(emails).toEqual([]);
    }
    expect(types((await when(settled.state, failed(t + 21), day(30))).emails)).toEqual([
      'payment_failed',
    ]);
  });

  it.each(['active', 'paused', 'trialing'] as const)(
    'that it failed is old once it is %s',
    async (status) => {
      const { state } = await ours();
      const later = await when(state, observe(t + 20, paying({ status })), day(30));
      expect(types((await when(later.state, failed(t + 10), day(30))).emails)).toEqual([]);
    },
  );

  it('that it failed is asked about when what we know comes from asking', async () => {
    const given = { ...(await ours()).state!, ahead: true };
    const well = await when(given, failed(t + 10), day(30), { fetch: () => paying() });
    expect(types(well.events)).toEqual(['ignored']);
    const bad = await when(given, failed(t + 10), day(30), {
      fetch: () => paying({ status: 'past_due' }),
    });
    expect(types(bad.events)).toEqual(['past_due', 'payment_failed']);
    expect(types(bad.emails)).toEqual(['payment_failed']);
    const unknown = await when(given, failed(t + 10), day(30));
    expect(types(unknown.emails)).toEqual(['payment_failed']);
  });

  it('that it failed, as the first word of all, is judged by what the provider says now', async () => {
    const find = (status: 'active' | 'past_due') => ({
      find: () => ({ subscription: paying({ status }) }),
    });
    const well = await when(undefined, failed(t), day(30), find('active'));
    expect(types(well.emails)).not.toContain('payment_failed');
    const bad = await when(undefined, failed(t), day(30), find('past_due'));
    expect(types(bad.emails)).toContain('payment_failed');
  });

  it('that it waits for the customer leads them there', async () => {
    const { state } = await ours();
    const url = 'https://pay.example.com/in_1';
    const wait: Command = {
      type: 'invoice_action_required',
      eventId: 'e1',
      created: t + 10,
      invoice,
      url,
    };
    const { emails } = await when(state, wait, day(30));
    expect(emails).toMatchObject([{ type: 'payment_action_required', data: { actionUrl: url } }]);
    const settled = await when(state, paid(t + 20), day(30));
    expect((await when(settled.state, wait, day(30))).emails).toEqual([]);
  });

  it('that nobody tries again needs no mail of its own: what follows from it has one', async () => {
    const { state } = await ours();
    const last: Command = { ...failed(t + 10), attempt: 4, isLast: true } as Command;
    expect(types((await when(state, last, day(30))).emails)).toEqual([]);
  });
});

describe('an old event', () => {
  it('that looks like the present is not taken for the newest', async () => {
    // Known from asking: 1, after having been 2 in between.
    const { state } = await when(undefined, observe(t + 1, paying({ quantity: 3 })), day(30), {
      find: () => ({ subscription: paying() }),
    });
    const alike = await when(state, observe(t + 2, paying()), day(30));
    const between = await when(alike.state, observe(t + 3, paying({ quantity: 2 })), day(30), {
      fetch: () => paying(),
    });
    expect(between.emails).toEqual([]);
    expect(between.state).toMatchObject({ quantity: 1 });
  });
});

describe('a period that moves at the provider', () => {
  it('takes its anchor along', async () => {
    const { state } = await ours();
    const period = { start: day(30), end: day(395) };
    const { state: next } = await when(
      state,
      observe(t + 1, paying({ period, anchor: day(30) })),
      day(30),
    );
    expect(next).toMatchObject({ status: 'active', period, anchor: day(30) });
  });
});

describe('news about a customer', () => {
  const tell = (created: number, email: string): Command => ({
    type: 'update_customer',
    eventId: `evt_${created}`,
    created,
    customer: { email },
  });

  it('is taken in the order in which the provider said it', async () => {
    const newer = await when(active(), tell(t + 1, 'new@example.com'), day(30));
    const older = await when(newer.state, tell(t, 'old@example.com'), day(30));
    expect(types(older.events)).toEqual(['ignored']);
    expect(older.state!.customer).toMatchObject({ email: 'new@example.com', name: 'Ada' });
  });

  it('that the customer told us stands against an old view of the provider', async () => {
    const { state } = await ours();
    const told = await when(state, tell(t + 1, 'new@example.com'), day(30));
    const { state: next } = await when(
      told.state,
      observe(t + 2, paying({ quantity: 2 })),
      day(30),
    );
    expect(next).toMatchObject({ quantity: 2, customer: { email: 'new@example.com' } });
  });

  it('on request changes what is given', async () => {
    const contact = { type: 'update_contact', eventId: 'e1', timezone: 'Asia/Tokyo' } as const;
    const { state } = await when(active(), contact, day(20));
    expect(state!.customer).toEqual({ ...active().customer, timezone: 'Asia/Tokyo' });
    const asked: string[] = [];
    const atProvider = await when(active({ collection: 'provider' }), contact, day(20), {
      ask: ({ type }) => {
        asked.push(type);
        return viewOf(active());
      },
    });
    expect(asked).toEqual(['update_contact']);
    expect(atProvider.state!.customer).toMatchObject({ timezone: 'Asia/Tokyo' });
  });

  it('that they want no promotional mail ends their consent', async () => {
    const customer = { ...active().customer, marketing: true };
    const command = { type: 'unsubscribe', eventId: 'e1' } as const;
    const { state, events } = await when(active({ customer }), command, day(20));
    expect(types(events)).toEqual(['unsubscribed']);
    expect(state!.customer.marketing).toBe(false);
    expect((await when(active(), command, day(20))).events).toEqual([]);
  });

  it('that their mail came back is noted', async () => {
    const feedback = { kind: 'bounce' as const, isPermanent: true, emailType: 'receipt' as const };
    const { events } = await when(
      active(),
      { type: 'note_feedback', eventId: 'e1', feedback },
      day(20),
    );
    expect(events).toEqual([{ type: 'email_feedback', at: day(20), feedback }]);
  });

  it('that they want to be forgotten leaves nothing but the id', async () => {
    for (const given of [active(), ended()]) {
      const { state } = await when(given, { type: 'erase', eventId: 'e1' }, day(20));
      expect(state!.customer).toEqual({ id: 'cus_1' });
      expect(JSON.stringify(state)).not.toMatch(/ada|example\.com/i);
    }
  });
});

describe('a payment that somebody reports', () => {
  const report: Command = { type: 'invoice_paid', eventId: 'e1', invoice };

  it('settles what is open, and uses up the balance that the price was less of', async () => {
    const { state, emails } = await when(
      pastDue({ balance: 300 }),
      report,
      addDays(pastDue().since, 1),
    );
    expect(state).toMatchObject({ status: 'active', balance: undefined });
    expect(types(emails)).toEqual(['receipt', 'recovered']);
  });

  it('of nothing is nothing', async () => {
    const free: Command = {
      ...report,
      invoice: { ...invoice, amount: { amount: 0, currency: 'usd' } },
    };
    expect(await when(pastDue(), free, addDays(pastDue().since, 1))).toMatchObject({ events: [] });
  });
});

it('a provider that says nothing new is asked 30 times at most', async () => {
  let state = adopt(viewOf(active()), T0);
  let questions = 0;
  for (let next = due(state, T0); next?.type === 'reconcile' && questions < 40;) {
    questions += 1;
    const outcome = await when(state, { type: 'due' }, next.at, { fetch: () => viewOf(active()) });
    state = outcome.state!;
    next = due(state, T0);
  }
  expect(questions).toBe(30);
});
