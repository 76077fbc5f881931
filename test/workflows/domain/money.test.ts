import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Command } from '../../../workflows/domain/commands.ts';
import { due } from '../../../workflows/domain/due.ts';
import { priceOf } from '../../../workflows/domain/invoice.ts';
import type { Active, Paused, Plan, State } from '../../../workflows/domain/state.ts';
import { fromMs, isDue, toMs, type Instant } from '../../../workflows/domain/time.ts';
import { start, T0 } from '../../support/fixtures.ts';
import { when } from '../../support/given.ts';

const PLANS: readonly Plan[] = [
  { id: 'tiny', price: { amount: 35, currency: 'usd' }, interval: 'month' },
  { id: 'basic', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
  { id: 'large', price: { amount: 4999, currency: 'usd' }, interval: 'month' },
  { id: 'weeks', price: { amount: 777, currency: 'usd' }, interval: 'week' },
  { id: 'years', price: { amount: 19_000, currency: 'usd' }, interval: 'year' },
  { id: 'free', price: { amount: 0, currency: 'usd' }, interval: 'month' },
];

const plans = fc.constantFrom(...PLANS);
const requests: fc.Arbitrary<object> = fc.oneof(
  fc.record({
    type: fc.constant('change_plan'),
    plan: plans,
    quantity: fc.integer({ min: 1, max: 3 }),
    atPeriodEnd: fc.boolean(),
  }),
  fc.record({ type: fc.constant('change_quantity'), quantity: fc.integer({ min: 1, max: 5 }) }),
  fc.constant({ type: 'pause' }),
  fc.constant({ type: 'pause', atPeriodEnd: true }),
  fc.record({ type: fc.constant('resume'), anchor: fc.constantFrom('now', 'unchanged') }),
  fc.constant({ type: 'cancel_plan_change' }),
);

const steps = fc.array(fc.record({ hours: fc.integer({ min: 1, max: 900 }), request: requests }), {
  maxLength: 12,
});

/** What the time from `from` to `to` costs. */
function worth(state: Active | Paused, from: Instant, to: Instant): number {
  const { start: begin, end } = state.period;
  return (priceOf(state).amount * (toMs(to) - toMs(from))) / (toMs(end) - toMs(begin));
}

/** What has been paid for and not been used. */
function unused(state: State, now: Instant): number {
  if (state.status !== 'active' && state.status !== 'paused') return 0;
  const from = state.status === 'paused' ? state.since : now;
  return isDue(state.period.end, from) ? 0 : worth(state, from, state.period.end);
}

/** Money that has come in, less what is owed, less what the time that was used is worth: nothing, but for roundings. */
class Ledger {
  charged = 0;
  used = 0;
  roundings = 1;

  /** Time from `from` to `to` was spent in `state`. */
  spend(state: State, from: Instant, to: Instant): void {
    if (state.status === 'active') this.used += worth(state, from, to);
  }
}

async function spend(plan: Plan, trialDays: number, through: { hours: number; request: object }[]) {
  const ledger = new Ledger();
  let state: State | undefined;
  let now = T0;
  const take = async (input: Command | { type: 'due' }): Promise<void> => {
    const { state: next, refused } = await when(state, input, now, {
      charge: (_, charge) => {
        ledger.charged += charge.amount.amount;
        return { outcome: 'paid' };
      },
    });
    ledger.roundings += refused ? 0 : 1;
    state = next;
  };
  /** Time goes on until `to`, and what is due on the way is done at its instant. */
  const goOn = async (to: Instant): Promise<void> => {
    for (;;) {
      const next = due(state!, now);
      const at = next && isDue(next.at, to) ? next.at : to;
      ledger.spend(state!, now, at);
      now = at;
      if (next === undefined || !isDue(next.at, now)) return;
      await take({ type: 'due' });
    }
  };
  const trial = { start: T0, end: fromMs(toMs(T0) + trialDays * 86_400_000) };
  const request = start({ plan, trial });
  await take(trialDays > 0 ? request : withoutTrial(request));
  for (const [index, { hours, request: wanted }] of through.entries()) {
    await goOn(fromMs(toMs(now) + hours * 3_600_000));
    await take({ ...wanted, eventId: `evt_${index}` } as Command);
  }
  return { ledger, state: state!, now };
}

const withoutTrial = ({ ...request }: Command): Command => {
  delete (request as { trial?: unknown }).trial;
  return request;
};

describe('money', () => {
  it('that was charged is the price of the time that was used, and what is owed', async () => {
    await fc.assert(
      fc.asyncProperty(plans, fc.constantFrom(0, 7), steps, async (plan, trialDays, through) => {
        const { ledger, state, now } = await spend(plan, trialDays, through);
        const ahead = unused(state, now);
        const difference = ledger.charged - (state.balance ?? 0) - ledger.used - ahead;
        expect(Math.abs(difference)).toBeLessThanOrEqual(ledger.roundings);
      }),
      { numRuns: 500 },
    );
  });
});
