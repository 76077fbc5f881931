import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Command } from '../../../workflows/domain/commands.ts';
import { due } from '../../../workflows/domain/due.ts';
import { evolve } from '../../../workflows/domain/evolve.ts';
import { adopt, follow } from '../../../workflows/domain/follow.ts';
import type { ProviderSubscription } from '../../../workflows/domain/provider.ts';
import { STATUSES, type State } from '../../../workflows/domain/state.ts';
import { addDuration } from '../../../workflows/domain/time.ts';
import { day, FIRST_PERIOD, observe, seen, T0, TRIAL_END, unix } from '../../support/fixtures.ts';
import { types, when } from '../../support/given.ts';

const t0 = unix(T0);
const paying = (more: Partial<ProviderSubscription> = {}): ProviderSubscription =>
  seen({ status: 'active', period: FIRST_PERIOD, ...more });
const over = (more: Partial<ProviderSubscription> = {}): ProviderSubscription =>
  paying({ status: 'canceled', endedAt: day(20), ...more });
const invoicePaid = (id: string, created: number, amount = 1900): Command => ({
  type: 'invoice_paid',
  eventId: `evt_${id}`,
  created,
  invoice: { id, amount: { amount, currency: 'usd' } },
});

const invoiceFailed = (attempt: number): Command => ({
  type: 'invoice_failed',
  eventId: `evt_f${attempt}`,
  invoice: { id: 'in_1', amount: { amount: 1900, currency: 'usd' } },
  attempt,
});

/** A subscription that has seen its first event. */
const begun = async (): Promise<State> =>
  (
    await when(undefined, observe(t0, seen()), T0, {
      fetch: () => seen(),
      find: () => ({ subscription: seen() }),
    })
  ).state!;

describe('the first event', () => {
  it('of a new trial begins it with a welcome', async () => {
    const { state, emails } = await when(undefined, observe(t0, seen()), T0);
    expect(state).toMatchObject({
      status: 'trialing',
      collection: 'provider',
      asOf: t0,
      converting: true,
    });
    expect(types(emails)).toEqual(['welcome']);
  });

  it('of a subscription that is a year old begins without a welcome', async () => {
    const old = paying({ createdAt: '2025-11-20T10:00:00.000Z' });
    const { state, emails } = await when(undefined, observe(t0, old), T0);
    expect(state).toMatchObject({ status: 'active' });
    expect(emails).toEqual([]);
  });

  it('takes the provider at its present word, with the address that it knows', async () => {
    const now = paying({ customer: { id: 'cus_1', email: 'grace@example.com' } });
    const { state } = await when(undefined, observe(t0, seen({ customer: { id: 'cus_1' } })), T0, {
      find: () => ({ subscription: now }),
    });
    expect(state).toMatchObject({
      status: 'active',
      ahead: true,
      customer: { email: 'grace@example.com' },
    });
  });

  it('finds out that it is all over, and leaves it at that', async () => {
    const { state, events, emails } = await when(undefined, observe(t0, seen()), T0, {
      find: () => ({ subscription: over() }),
    });
    expect(state).toMatchObject({ status: 'canceled', endedAt: day(20) });
    expect(types(events)).toEqual(['found_ended']);
    expect(emails).toEqual([]);
  });

  it('may be an invoice: the subscription is found at the provider', async () => {
    const { state, emails } = await when(undefined, invoicePaid('in_1', t0), T0, {
      find: () => ({ subscription: paying() }),
    });
    expect(state).toMatchObject({ status: 'active' });
    expect(types(emails)).toEqual(['welcome', 'converted']);
  });

  it('about a subscription that nobody knows waits for its start', async () => {
    const outcome = await when(undefined, invoicePaid('in_1', t0), T0);
    expect(outcome).toMatchObject({ state: undefined, orphaned: true, events: [] });
  });
});

describe('an event', () => {
  it('that is newer is applied', async () => {
    const { state, events } = await when(await begun(), observe(t0 + 1, paying()), day(13));
    expect(types(events)).toEqual(['activated']);
    expect(state).toMatchObject({ status: 'active', asOf: t0 + 1, period: FIRST_PERIOD });
  });

  it('that is older is ignored, and the timeline says so', async () => {
    const newer = (await when(await begun(), observe(t0 + 10, paying()), T0)).state;
    const { state, events } = await when(newer, observe(t0 + 5, seen(), 'evt_old'), T0);
    expect(state).toMatchObject({ status: 'active', asOf: t0 + 10 });
    expect(events).toMatchObject([
      { type: 'ignored', eventId: 'evt_old', reason: 'older than what is known' },
    ]);
  });

  it('that ties is settled by asking', async () => {
    const asked: string[] = [];
    const { state } = await when(await begun(), observe(t0, paying()), T0, {
      fetch: () => paying({ cancelAt: FIRST_PERIOD.end }),
      onEffect: ({ type }) => asked.push(type),
    });
    expect(asked).toEqual(['fetch']);
    expect(state).toMatchObject({
      status: 'active',
      cancel: { at: FIRST_PERIOD.end },
      ahead: true,
    });
  });

  it('that says nothing new is not asked about', async () => {
    const asked: string[] = [];
    const { events } = await when(await begun(), observe(t0, seen(), 'evt_same'), T0, {
      onEffect: ({ type }) => asked.push(type),
    });
    expect(asked).toEqual([]);
    expect(events).toEqual([]);
  });

  it('after an answer of the provider is settled by asking again, so that nothing goes back', async () => {
    const ahead = (
      await when(undefined, observe(t0, seen()), T0, { find: () => ({ subscription: paying() }) })
    ).state;
    const { state, events } = await when(ahead, observe(t0 + 1, seen({ quantity: 2 })), T0, {
      fetch: () => paying(),
    });
    expect(events).toEqual([]);
    expect(state).toMatchObject({ status: 'active', quantity: 1, ahead: true });
  });

  it('without an address keeps the one that is known', async () => {
    const { state } = await when(
      await begun(),
      observe(t0 + 1, paying({ customer: { id: 'cus_1' } })),
      T0,
    );
    expect(state!.customer.email).toBe('ada@example.com');
  });
});

describe('mail', () => {
  it('about the conversion goes out with the first payment above zero, not with the status', async () => {
    const active = (await when(await begun(), observe(t0 + 1, paying()), day(14))).state;
    const free = await when(active, invoicePaid('in_0', t0 + 2, 0), day(14));
    expect(free.emails).toEqual([]);
    const first = await when(free.state, invoicePaid('in_1', t0 + 3), day(14));
    expect(first.emails).toMatchObject([{ type: 'converted', key: 'converted:sub_1:in_1' }]);
    const second = await when(first.state, invoicePaid('in_2', t0 + 4), day(44));
    expect(second.emails).toMatchObject([{ type: 'receipt', key: 'receipt:sub_1:in_2' }]);
  });

  it('about a failed payment goes out for the first attempt only', async () => {
    const state = await begun();
    expect(types((await when(state, invoiceFailed(1), day(14))).emails)).toEqual([
      'payment_failed',
    ]);
    expect((await when(state, invoiceFailed(2), day(17))).emails).toEqual([]);
  });

  it('about a conversion that took several tries is no recovery', async () => {
    const failing = paying({ status: 'past_due' });
    const pastDue = (await when(await begun(), observe(t0 + 1, failing), day(14))).state;
    const paid = await when(pastDue, invoicePaid('in_1', t0 + 2), day(17));
    expect(types(paid.emails)).toEqual(['converted']);
    const active = await when(paid.state, observe(t0 + 3, paying()), day(17));
    expect(active.emails).toEqual([]);
  });

  it('about a recovery goes out with the status, and the receipt with the payment', async () => {
    const active = (await when(await begun(), observe(t0 + 1, paying()), day(14))).state;
    const converted = (await when(active, invoicePaid('in_1', t0 + 2), day(14))).state;
    const failing = paying({ status: 'past_due' });
    const pastDue = (await when(converted, observe(t0 + 3, failing), day(44))).state;
    const paid = await when(pastDue, invoicePaid('in_2', t0 + 4), day(47));
    expect(types(paid.emails)).toEqual(['receipt']);
    const recovered = await when(paid.state, observe(t0 + 5, paying()), day(47));
    expect(types(recovered.emails)).toEqual(['recovered']);
  });

  it('about a cancellation follows the provider: scheduled, reversed, effective', async () => {
    const scheduled = await when(
      await begun(),
      observe(t0 + 1, seen({ cancelAt: TRIAL_END })),
      day(2),
    );
    expect(types(scheduled.emails)).toEqual(['cancellation_scheduled']);
    const reversed = await when(scheduled.state, observe(t0 + 2, seen()), day(3));
    expect(types(reversed.emails)).toEqual(['cancellation_reversed']);
    const gone = await when(reversed.state, observe(t0 + 3, over()), day(20));
    expect(gone.emails).toMatchObject([{ type: 'cancelled', key: 'cancelled:sub_1:end' }]);
  });

  it('about a trial that ran out without a card says so', async () => {
    const { paymentMethod: _card, ...cardless } = seen();
    const state = (await when(undefined, observe(t0, cardless), T0)).state;
    const gone = { ...cardless, status: 'canceled' as const, endedAt: TRIAL_END };
    const { emails } = await when(state, observe(t0 + 1, gone), day(14));
    expect(types(emails)).toEqual(['trial_expired']);
  });
});

describe('a cancellation by the API', () => {
  const cancel = { type: 'cancel', eventId: 'evt_cancel', atPeriodEnd: true } as const;

  it('goes to the provider first, and its answer is applied', async () => {
    const asked: string[] = [];
    const { state, emails } = await when(await begun(), cancel, day(2), {
      fetch: () => seen({ cancelAt: TRIAL_END }),
      onEffect: ({ type }) => asked.push(type),
    });
    expect(asked).toEqual(['ask_provider']);
    expect(state).toMatchObject({ cancel: { at: TRIAL_END }, ahead: true });
    expect(types(emails)).toEqual(['cancellation_scheduled']);
  });

  it('is done once: the webhook that echoes it changes nothing', async () => {
    const answer = seen({ cancelAt: TRIAL_END });
    const done = await when(await begun(), cancel, day(2), { fetch: () => answer });
    const echo = await when(done.state, observe(t0 + 1, answer), day(2));
    expect(echo).toMatchObject({ events: [], emails: [] });
  });

  it('of what the provider does not know is done here', async () => {
    const { state } = await when(await begun(), cancel, day(2));
    expect(state).toMatchObject({ cancel: { at: TRIAL_END } });
  });
});

describe('an event that does not come', () => {
  it('is asked for after 2 h, 6 h, 1 d, 3 d, then daily, 30 times at most', async () => {
    let state: State | undefined = await begun();
    const after: number[] = [];
    for (;;) {
      const next = due(state!, TRIAL_END);
      if (next === undefined) break;
      expect(next.type).toBe('reconcile');
      after.push((Date.parse(next.at) - Date.parse(TRIAL_END)) / 3_600_000);
      ({ state } = await when(state, { type: 'due' }, next.at, { fetch: () => seen() }));
    }
    expect(after.slice(0, 7)).toEqual([2, 6, 24, 72, 96, 120, 144]);
    expect(after).toHaveLength(30);
    expect(state).toMatchObject({ status: 'trialing' });
  });

  it('is made up for by the answer', async () => {
    const { state, events } = await when(
      await begun(),
      { type: 'due' },
      addDuration(TRIAL_END, 'PT2H'),
      {
        fetch: () => paying(),
      },
    );
    expect(types(events)).toEqual(['activated']);
    expect(due(state!, TRIAL_END)).toEqual({
      type: 'reconcile',
      at: addDuration(FIRST_PERIOD.end, 'PT2H'),
    });
  });
});

const views: fc.Arbitrary<ProviderSubscription> = fc
  .record({
    status: fc.constantFrom(...STATUSES),
    quantity: fc.integer({ min: 1, max: 3 }),
    period: fc.constantFrom({ start: T0, end: TRIAL_END }, FIRST_PERIOD),
    cancelAt: fc.option(fc.constantFrom(TRIAL_END, FIRST_PERIOD.end), { nil: undefined }),
    paymentMethod: fc.option(fc.constantFrom('pm_1', 'pm_2'), { nil: undefined }),
    anchor: fc.constant(TRIAL_END),
  })
  .map((view) => ({
    ...seen(),
    ...view,
    ...((view.status === 'canceled' || view.status === 'incomplete_expired') && {
      endedAt: day(20),
    }),
  }));

/** What a reader can tell of a state: not how it came about. */
function essence(state: State): object {
  const { status, plan, quantity, customer, paymentMethod } = state;
  return {
    status,
    plan,
    quantity,
    customer,
    paymentMethod,
    period: 'anchor' in state ? state.period : undefined,
    trial: state.status === 'trialing' ? state.trial : undefined,
    cancel: 'endedAt' in state ? undefined : state.cancel?.at,
    endedAt: 'endedAt' in state ? state.endedAt : undefined,
  };
}

describe('for any two views of the provider', () => {
  it('following from one to the other is the same as adopting the other', () => {
    fc.assert(
      fc.property(views, views, (from, to) => {
        fc.pre(!('endedAt' in from && from.endedAt !== undefined));
        const events = follow(adopt(from, T0), to, T0);
        const followed = events.reduce<State>(evolve, adopt(from, T0));
        expect(essence(followed)).toEqual(essence(adopt(to, T0)));
        expect(follow(followed, to, T0).filter(() => !('endedAt' in followed))).toEqual([]);
      }),
    );
  });
});

describe('for any order and repetition of the same events', () => {
  const life = [
    { created: t0, view: seen() },
    { created: t0 + 100, view: seen({ cancelAt: TRIAL_END }) },
    { created: t0 + 200, view: seen() },
    { created: t0 + 300, view: paying() },
    { created: t0 + 300, view: paying({ quantity: 2 }) },
    { created: t0 + 400, view: paying({ quantity: 2, status: 'past_due' }) },
    { created: t0 + 500, view: paying({ quantity: 2 }) },
  ];
  const ending = { created: t0 + 600, view: over({ quantity: 2 }) };

  /** Events arrive in any order, and the provider answers with the newest of those that have happened by then. */
  const arrive = async (order: number[], events: typeof life): Promise<State> => {
    let state: State | undefined;
    const truth = events.at(-1)!.view;
    for (const index of order) {
      const { created, view } = events[index]!;
      const command = observe(created, view, `evt_${index}`);
      const world = { fetch: () => truth, find: () => ({ subscription: truth }) };
      ({ state } = await when(state, command, day(15), world));
    }
    return state!;
  };

  it.each([
    ['a living subscription', life],
    ['one that has ended', [...life, ending]],
  ])('%s comes to the same state', async (_, events) => {
    const indexes = events.map((__, index) => index);
    const expected = essence(adopt(events.at(-1)!.view, T0));
    const orders = fc
      .tuple(
        fc.shuffledSubarray(indexes, { minLength: indexes.length }),
        fc.array(fc.constantFrom(...indexes), { maxLength: 10 }),
      )
      .map(([once, again]) => [...once, ...again]);
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        expect(essence(await arrive(order, events))).toEqual(expected);
      }),
    );
  });

  it('no e-mail has a key twice', async () => {
    const orders = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6], {
      minLength: 14,
    });
    await fc.assert(
      fc.asyncProperty(orders, async (order) => {
        let state: State | undefined;
        const keys: string[] = [];
        for (const [step, index] of order.entries()) {
          const { created, view } = life[index]!;
          const outcome = await when(state, observe(created, view, `evt_${index}`), day(step));
          ({ state } = outcome);
          keys.push(...outcome.emails.map(({ key }) => key));
        }
        expect(new Set(keys).size).toBe(keys.length);
      }),
    );
  });
});
