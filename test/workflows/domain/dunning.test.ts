import { describe, expect, it } from 'vitest';

import type { Authenticated, Command } from '../../../workflows/domain/commands.ts';
import type { Charge } from '../../../workflows/domain/decision.ts';
import { due, type Due } from '../../../workflows/domain/due.ts';
import type { Email } from '../../../workflows/domain/emails.ts';
import type { Dunning } from '../../../workflows/domain/policy.ts';
import type { ChargeResult } from '../../../workflows/domain/provider.ts';
import { authenticatedBy } from '../../../workflows/domain/routes.ts';
import { accessOf, type State } from '../../../workflows/domain/state.ts';
import { addDays, addDuration, isDue, toMs } from '../../../workflows/domain/time.ts';
import {
  active,
  FIRST_PERIOD,
  incomplete,
  pastDue,
  seen,
  TRIAL_END,
  trialing,
  unpaid,
} from '../../support/fixtures.ts';
import { types, when } from '../../support/given.ts';

const FAILED = FIRST_PERIOD.end;
const dayOf = (at: string): number => (toMs(at) - toMs(FAILED)) / 86_400_000;
const soft = (): ChargeResult => ({ outcome: 'declined', code: 'insufficient_funds' });
const hard = (): ChargeResult => ({ outcome: 'declined', code: 'stolen_card' });
const unconfirmed = (): ChargeResult => ({ outcome: 'action_required', payment: 'pi_1' });
const newCard = {
  type: 'update_payment_method',
  eventId: 'evt_card',
  paymentMethod: 'pm_2',
} as const;

interface Dunned {
  state: State;
  /** What was done, and on which day after the first failure. */
  done: [Due['type'], number][];
  mail: [Email['type'], number][];
}

/** Lets time pass from the first failure on, to the end of it all, or to `until` days. */
async function dun(
  first: State,
  charge: (attempt: number) => ChargeResult = soft,
  until = 60,
): Promise<Dunned> {
  const done: Dunned['done'] = [];
  const mail: Dunned['mail'] = [];
  let state = first;
  for (;;) {
    const next = due(state, FAILED);
    if (next === undefined || !isDue(next.at, addDays(FAILED, until))) return { state, done, mail };
    done.push([next.type, dayOf(next.at)]);
    const outcome = await when(state, { type: 'due' }, next.at, { charge });
    state = outcome.state!;
    mail.push(...outcome.emails.map(({ type, at }): [Email['type'], number] => [type, dayOf(at)]));
  }
}

const withDunning = (dunning: Dunning) => active({ policy: { dunning } });

describe('after an outage', () => {
  it('of several retries that are overdue only the latest is made', async () => {
    const { state } = await when(active(), { type: 'due' }, FAILED, { charge: soft });
    const late = addDays(FAILED, 16);
    const tries: number[] = [];
    let at: State | undefined = state;
    for (let next = due(at!, late); next && isDue(next.at, late); next = due(at!, late)) {
      const charge = (attempt: number) => {
        tries.push(attempt);
        return soft();
      };
      ({ state: at } = await when(at, { type: 'due' }, late, { charge }));
    }
    expect(tries).toEqual([2]);
    expect(at).toMatchObject({ status: 'past_due', triedAt: addDays(FAILED, 15) });
    expect(due(at!, late)).toMatchObject({ at: addDays(FAILED, 19), type: 'final_notice' });
  });
});

describe('dunning by default', () => {
  it('retries on days 3, 8, 15 and 21, ends access on day 7, and cancels with the last retry', async () => {
    const { state, done } = await dun(active());
    expect(done).toEqual([
      ['renewal', 0],
      ['dunning_retry', 3],
      ['dunning_reminder', 5],
      ['grace_end', 7],
      ['dunning_retry', 8],
      ['dunning_reminder', 12],
      ['dunning_retry', 15],
      ['final_notice', 19],
      ['dunning_retry', 21],
    ]);
    expect(state).toMatchObject({
      status: 'canceled',
      cause: 'payment_failed',
      endedAt: addDays(FAILED, 21),
    });
  });

  it('writes at once, on days 5 and 12, when access ends, and before the last retry', async () => {
    const { mail } = await dun(active());
    expect(mail).toEqual([
      ['payment_failed', 0],
      ['payment_failed', 5],
      ['access_revoked', 7],
      ['payment_failed', 12],
      ['final_notice', 19],
      ['cancelled', 21],
    ]);
  });

  it('gives access until day 7', async () => {
    const inGrace = await dun(active(), soft, 6);
    expect(accessOf(inGrace.state)).toBe('grace');
    const later = await dun(active(), soft, 7);
    expect(accessOf(later.state)).toBe('revoked');
  });

  it('says when it is tried again, and when access or all of it ends', async () => {
    const { emails } = await when(active(), { type: 'due' }, FAILED, { charge: soft });
    expect(emails[0]!.data).toMatchObject({
      amount: { amount: 1900 },
      retryAt: addDays(FAILED, 3),
      deadline: addDays(FAILED, 7),
    });
    const late = pastDue({
      revoked: true,
      reminded: addDays(FAILED, 12),
      triedAt: addDays(FAILED, 15),
    });
    const final = await when(late, { type: 'due' }, addDays(FAILED, 19));
    expect(final.emails[0]).toMatchObject({
      type: 'final_notice',
      data: { retryAt: addDays(FAILED, 21), deadline: addDays(FAILED, 21) },
    });
  });

  it('ends with the first retry that is paid', async () => {
    const { state, mail } = await dun(
      active(),
      (attempt) => (attempt < 3 ? soft() : { outcome: 'paid' }),
      20,
    );
    expect(state).toMatchObject({ status: 'active', period: { start: FAILED } });
    expect(mail.slice(-2)).toEqual([
      ['receipt', 8],
      ['recovered', 8],
    ]);
  });
});

describe('a new payment method', () => {
  it('that is declined as well leaves the schedule as it is', async () => {
    const tried = await when(pastDue(), newCard, addDays(FAILED, 4), { charge: soft });
    expect(tried.state).toMatchObject({ status: 'past_due', attempt: 2, paymentMethod: 'pm_2' });
    const { done } = await dun(tried.state!, soft, 10);
    expect(done).toContainEqual(['dunning_retry', 8]);
    expect(done).not.toContainEqual(['dunning_retry', 3]);
  });

  it('never makes two charges of one', async () => {
    const keys: string[] = [];
    const onEffect = (effect: { type: string; charge?: Charge }): void => {
      if (effect.type === 'charge')
        keys.push(`${effect.charge!.invoice}:${effect.charge!.attempt}`);
    };
    let state: State | undefined = pastDue();
    for (const day of [1, 2]) {
      const card = { ...newCard, eventId: `evt_${day}` };
      ({ state } = await when(state, card, addDays(FAILED, day), { charge: soft, onEffect }));
    }
    await when(state, { type: 'due' }, addDays(FAILED, 3), { charge: soft, onEffect });
    expect(keys).toEqual([`${FAILED}:2`, `${FAILED}:3`, `${FAILED}:4`]);
  });

  it.each([
    ['past due', pastDue()],
    ['unpaid', unpaid()],
    ['incomplete', incomplete()],
  ])('is tried at once when the subscription is %s', async (_, state) => {
    const now = addDuration(state.since, 'PT1H');
    const paid = await when(state, newCard, now);
    expect(paid.state).toMatchObject({ status: 'active', period: state.period });
    expect(types(paid.events)).toEqual([
      'payment_method_updated',
      'payment_succeeded',
      'activated',
    ]);
  });

  it('begins a period now when the open one is over', async () => {
    const now = addDays(unpaid().period.end, 10);
    const { state } = await when(unpaid(), newCard, now);
    expect(state).toMatchObject({ status: 'active', anchor: now, period: { start: now } });
    expect(due(state!, now)).toMatchObject({ type: 'renewal' });
    expect(isDue(due(state!, now)!.at, now)).toBe(false);
  });

  it('of an incomplete daily subscription begins a day now when the first is over', async () => {
    const plan = { ...incomplete().plan, interval: 'day' as const };
    const late = addDays(FIRST_PERIOD.start, 1.5);
    const first = { start: FIRST_PERIOD.start, end: addDays(FIRST_PERIOD.start, 1) };
    const state = incomplete({ plan, period: first, since: addDays(FIRST_PERIOD.start, 0.9) });
    expect((await when(state, newCard, late)).state).toMatchObject({ period: { start: late } });
  });

  it('is not charged where nothing is open', async () => {
    const { events } = await when(active(), newCard, FIRST_PERIOD.start);
    expect(types(events)).toEqual(['payment_method_updated']);
  });
});

describe('a decline that the same card cannot get over', () => {
  it('is not tried again, and ends all at the deadline', async () => {
    const { state, done } = await dun(active(), hard);
    expect(done.map(([type]) => type)).not.toContain('dunning_retry');
    expect(done.at(-1)).toEqual(['dunning_end', 21]);
    expect(state).toMatchObject({ status: 'canceled', endedAt: addDays(FAILED, 21) });
  });

  it('gives a new card the whole time', async () => {
    const { state } = await dun(active(), hard, 20);
    const paid = await when(state, newCard, addDays(FAILED, 20));
    expect(paid.state).toMatchObject({ status: 'active' });
  });

  it('is forgotten with the card: a soft decline of the next one is retried', async () => {
    const { state } = await dun(active(), hard, 10);
    const tried = await when(state, newCard, addDays(FAILED, 10), { charge: soft });
    expect(await dun(tried.state!, soft, 15)).toMatchObject({
      done: expect.arrayContaining([['dunning_retry', 15]]) as unknown,
    });
  });
});

describe('what follows the last retry', () => {
  it('may be unpaid: nothing more is charged by itself, and there is no access', async () => {
    const { state, done } = await dun(withDunning({ finalAction: 'unpaid' }));
    expect(state).toMatchObject({ status: 'unpaid', attempt: 5 });
    expect(accessOf(state)).toBe('revoked');
    expect(done.at(-1)).toEqual(['dunning_retry', 21]);
    expect(due(state, addDays(FAILED, 100))).toBeUndefined();
  });

  it('is told where it ends access before the grace period is over', async () => {
    const { mail } = await dun(withDunning({ finalAction: 'unpaid', grace: 'P40D' }));
    expect(mail.at(-1)).toEqual(['access_revoked', 21]);
    const usual = await dun(withDunning({ finalAction: 'unpaid' }));
    expect(usual.mail.filter(([type]) => type === 'access_revoked')).toEqual([
      ['access_revoked', 7],
    ]);
  });

  it('may be nothing: it stays past due', async () => {
    const { state } = await dun(withDunning({ finalAction: 'past_due' }));
    expect(state).toMatchObject({ status: 'past_due', revoked: true });
    expect(due(state, addDays(FAILED, 100))).toBeUndefined();
  });

  it.each(['cancel', 'unpaid', 'past_due'] as const)(
    'is %s as well after a hard decline',
    async (finalAction) => {
      const { state } = await dun(withDunning({ finalAction }), hard);
      const status = finalAction === 'cancel' ? 'canceled' : finalAction;
      expect(state).toMatchObject({ status });
    },
  );

  it('is a conversion and no recovery when the first payment after a trial comes then', async () => {
    const policy = { dunning: { finalAction: 'unpaid' as const } };
    const failed = await when(trialing({ policy }), { type: 'due' }, TRIAL_END, { charge: soft });
    const { state } = await dun(failed.state!);
    expect(state).toMatchObject({ status: 'unpaid' });
    const paid = await when(state, newCard, addDays(TRIAL_END, 30));
    expect(types(paid.emails)).toEqual(['converted']);
  });

  it('is told as well in provider mode, where the payment is heard of before the status', async () => {
    const view = seen({ status: 'unpaid', period: FIRST_PERIOD });
    const first = await when(
      undefined,
      { type: 'observe', eventId: 'e1', created: 1, subscription: view },
      TRIAL_END,
    );
    const invoice = { id: 'in_1', amount: { amount: 1900, currency: 'usd' } };
    const paid = await when(
      first.state,
      { type: 'invoice_paid', eventId: 'e2', created: 2, invoice },
      TRIAL_END,
    );
    expect(types(paid.emails)).toEqual(['converted']);
    const subscription = { ...view, status: 'active' as const };
    const then = await when(
      paid.state,
      { type: 'observe', eventId: 'e3', created: 3, subscription },
      TRIAL_END,
    );
    expect(then.emails).toEqual([]);
  });
});

describe('another policy', () => {
  it('has waits, grace and reminders of its own', async () => {
    const dunning: Dunning = {
      retries: ['P1D', 'P1D'],
      grace: 'P1D',
      reminders: ['PT12H'],
      finalNotice: 'PT6H',
    };
    const { done } = await dun(withDunning(dunning));
    expect(done).toEqual([
      ['renewal', 0],
      ['dunning_reminder', 0.5],
      ['grace_end', 1],
      ['dunning_retry', 1],
      ['final_notice', 1.75],
      ['dunning_retry', 2],
    ]);
  });

  it('without retries ends all with the first failure', async () => {
    const { state, done } = await dun(withDunning({ retries: [] }));
    expect(done).toEqual([['renewal', 0]]);
    expect(state).toMatchObject({ status: 'canceled', cause: 'payment_failed' });
  });

  it('may leave everything else as it is', async () => {
    const { done } = await dun(withDunning({ grace: 'P2D' }));
    expect(done).toContainEqual(['grace_end', 2]);
    expect(done).toContainEqual(['dunning_retry', 21]);
  });
});

describe('a cancellation while a payment is open', () => {
  it.each([{}, { atPeriodEnd: true }])(
    '%j ends it at once, and nothing more is collected',
    async (how) => {
      const cancel: Command = { type: 'cancel', eventId: 'evt_c', ...how };
      const { state, emails } = await when(pastDue(), cancel, addDays(FAILED, 2));
      expect(state).toMatchObject({ status: 'canceled', cause: 'requested' });
      expect(types(emails)).toEqual(['cancelled']);
      expect(due(state!, addDays(FAILED, 3))).toBeUndefined();
    },
  );

  it('at an instant comes before a retry at the same one', async () => {
    const at = addDays(FAILED, 3);
    const { state } = await when(
      pastDue(),
      { type: 'cancel', eventId: 'evt_c', at },
      addDays(FAILED, 2),
    );
    expect(due(state!, FAILED)).toEqual({ type: 'cancel', at });
  });
});

describe('a payment that the customer has to confirm', () => {
  const wanted = async (): Promise<State> =>
    (await when(active(), { type: 'due' }, FAILED, { charge: unconfirmed })).state!;
  const authenticated = (isPaid: boolean, id: string = FAILED): Command => ({
    type: 'authenticated',
    eventId: 'evt_auth',
    payment: {
      id: 'pi_1',
      key: 'k',
      invoice: { id, amount: { amount: 1900, currency: 'usd' } },
      isPaid,
    },
  });

  it('is waited for beside everything else, and the customer is told', async () => {
    const effects: string[] = [];
    const { state, emails } = await when(active(), { type: 'due' }, FAILED, {
      charge: unconfirmed,
      onEffect: ({ type }) => effects.push(type),
    });
    expect(effects).toEqual(['charge', 'await_authentication']);
    expect(state).toMatchObject({ status: 'past_due', attempt: 1 });
    expect(types(emails)).toEqual(['payment_action_required']);
    expect(due(state!, FAILED)).toEqual({ type: 'dunning_retry', at: addDays(FAILED, 3) });
  });

  it('settles the invoice once it is confirmed', async () => {
    const { state, emails } = await when(await wanted(), authenticated(true), addDays(FAILED, 1));
    expect(state).toMatchObject({ status: 'active', period: { start: FAILED } });
    expect(types(emails)).toEqual(['receipt', 'recovered']);
  });

  it('uses up the balance that it was asked for less of', async () => {
    const given = active({ balance: 500 });
    const { state } = await when(given, { type: 'due' }, FAILED, { charge: unconfirmed });
    const paid = await when(state, authenticated(true), addDays(FAILED, 1));
    expect(paid.state!.balance).toBeUndefined();
  });

  it('changes nothing when it is not confirmed', async () => {
    const { state, emails } = await when(await wanted(), authenticated(false), addDays(FAILED, 1));
    expect(state).toMatchObject({ status: 'past_due' });
    expect(emails).toEqual([]);
  });

  it('changes no status when it is of another invoice, or another try has been paid, but is told of', async () => {
    const other = await when(await wanted(), authenticated(true, TRIAL_END), addDays(FAILED, 1));
    expect(other.state).toMatchObject({ status: 'past_due' });
    expect(types(other.events)).toEqual(['payment_succeeded']);
    const paid = await when(await wanted(), newCard, addDays(FAILED, 1));
    const late = await when(paid.state, authenticated(true), addDays(FAILED, 2));
    expect(types(late.events)).toEqual(['payment_succeeded']);
    expect(types(late.emails)).toEqual(['receipt']);
  });

  it('is told of once when the next try has found it confirmed', async () => {
    const charge = (): ChargeResult => ({ outcome: 'paid', earlier: 'pi_1' });
    const found = await when(await wanted(), { type: 'due' }, addDays(FAILED, 3), { charge });
    expect(types(found.emails)).toEqual(['receipt', 'recovered']);
    const { payment } = authenticated(true) as { payment: Authenticated };
    const told = await when(found.state, authenticatedBy(payment), addDays(FAILED, 3));
    expect(told.events).toEqual([]);
  });

  it('is asked for again with each retry, by a mail of its own', async () => {
    const { mail } = await dun(active(), unconfirmed);
    expect(mail.filter(([type]) => type === 'payment_action_required')).toEqual([
      ['payment_action_required', 0],
      ['payment_action_required', 3],
      ['payment_action_required', 8],
      ['payment_action_required', 15],
      ['payment_action_required', 21],
    ]);
    // Who was asked last has 23 hours to answer, and no mail about it is followed by the end at once.
    expect(mail.at(-1)).toEqual(['cancelled', 21 + 23 / 24]);
  });

  it('is told of also when the provider declines it for that, each time by a key of its own', async () => {
    const charge = (): ChargeResult => ({ outcome: 'declined', code: 'authentication_required' });
    const keys: string[] = [];
    let { state, emails } = await when(active(), { type: 'due' }, FAILED, { charge });
    keys.push(...emails.map(({ key }) => key));
    ({ state, emails } = await when(state, { type: 'due' }, addDays(FAILED, 3), { charge }));
    keys.push(...emails.map(({ key }) => key));
    expect(keys).toEqual([`payment_failed:sub_1:${FAILED}`, `payment_failed:sub_1:${FAILED}:2`]);
  });
});
