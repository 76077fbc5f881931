import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import type { Command } from '../../../workflows/domain/commands.ts';
import type { Email } from '../../../workflows/domain/emails.ts';
import { adopt } from '../../../workflows/domain/follow.ts';
import type { ProviderSubscription } from '../../../workflows/domain/provider.ts';
import { hasEnded, type State } from '../../../workflows/domain/state.ts';
import { addMonths, fromUnix } from '../../../workflows/domain/time.ts';
import { FIRST_PERIOD, observe, seen, T0, TRIAL_END, unix } from '../../support/fixtures.ts';
import { when } from '../../support/given.ts';

/** One event of the provider, and how the subscription stands there after it. */
interface Told {
  command: Command & { created: number };
  view: ProviderSubscription;
}

const ACTS = [
  ...(['renew', 'renew', 'fail', 'fail', 'recover'] as const),
  ...(['pause', 'resume', 'schedule', 'unschedule', 'change'] as const),
  'cancel' as const,
];
type Act = (typeof ACTS)[number];

/** What the provider would tell of a life: a trial, its conversion, and then what `acts` say, as far as they make sense. */
class Provider {
  readonly told: Told[] = [];
  #now = unix(T0);
  #view = seen();
  #invoice = 0;
  #open: string | undefined;

  constructor(acts: Act[]) {
    this.#tell();
    this.#now = unix(TRIAL_END);
    this.#tell({ status: 'active', period: FIRST_PERIOD });
    this.#pay();
    for (const act of acts) {
      this.#now += 86_400;
      this.#do(act);
    }
  }

  #do(act: Act): void {
    const { status, period, quantity } = this.#view;
    const isActive = status === 'active';
    if (act === 'renew' && isActive) {
      this.#renew();
      this.#pay();
    }
    if (act === 'fail' && isActive) {
      this.#renew();
      this.#fail();
    }
    if (act === 'recover' && status === 'past_due') {
      this.#now += 60;
      this.#pay(this.#open);
      this.#tell({ status: 'active' });
    }
    if (act === 'pause' && isActive) this.#tell({ status: 'paused' });
    if (act === 'resume' && status === 'paused') this.#tell({ status: 'active' });
    if (act === 'schedule' && isActive) this.#tell({ cancelAt: period.end });
    if (act === 'unschedule' && isActive) this.#tell({ cancelAt: undefined });
    if (act === 'change' && isActive) this.#tell({ quantity: (quantity % 3) + 1 });
    if (act === 'cancel' && status !== 'canceled') {
      this.#tell({ status: 'canceled', endedAt: fromUnix(this.#now) });
    }
  }

  /** A period begins, and its invoice is collected within the same second. */
  #renew(): void {
    const { end } = this.#view.period;
    this.#tell({ period: { start: end, end: addMonths(end, 1) } });
  }

  #tell(change: Partial<ProviderSubscription> = {}): void {
    this.#view = { ...this.#view, ...change };
    this.#add(observe(this.#now, this.#view, `evt_${this.told.length}`));
  }

  #fail(): void {
    this.#open = `in_${(this.#invoice += 1)}`;
    this.#view = { ...this.#view, status: 'past_due' };
    this.#add({ type: 'invoice_failed', invoice: this.#invoiced(this.#open), attempt: 1 });
    this.#tell();
  }

  #pay(id = `in_${(this.#invoice += 1)}`): void {
    this.#open = undefined;
    if (this.#view.status === 'past_due') this.#view = { ...this.#view, status: 'active' };
    this.#add({ type: 'invoice_paid', invoice: this.#invoiced(id) });
  }

  #invoiced(id: string) {
    return { id, amount: { amount: 1900 * this.#view.quantity, currency: 'usd' } };
  }

  #add(command: object): void {
    const named = { eventId: `evt_${this.told.length}`, created: this.#now, ...command };
    this.told.push({ command: named as Told['command'], view: this.#view });
  }
}

/** The stream, the order in which it arrives (some twice), and how far ahead of each arrival the provider is. */
const arrivals = fc
  .array(fc.constantFrom(...ACTS), { maxLength: 7 })
  .map((acts) => new Provider(acts).told)
  .chain((told) => {
    const indexes = told.map((_, index) => index);
    return fc.record({
      told: fc.constant(told),
      order: fc
        .tuple(
          fc.shuffledSubarray(indexes, { minLength: indexes.length }),
          fc.array(fc.tuple(fc.constantFrom(...indexes), fc.nat()), { maxLength: 6 }),
        )
        .map(([once, again]) => {
          const order = [...once];
          for (const [index, at] of again) order.splice(at % order.length, 0, index);
          return order;
        }),
      leads: fc.array(fc.nat({ max: 6 }), { minLength: 1, maxLength: 8 }),
    });
  });

interface Heard {
  state: State;
  emails: Email[];
  /** Mail that says the opposite of what was known when it was sent. */
  wrong: Email[];
  foundEnded: boolean;
}

async function hear(told: Told[], order: number[], leads: number[]): Promise<Heard> {
  let state: State | undefined;
  let foundEnded = false;
  /** How far the provider is, and how far we know of it. */
  let truth = 0;
  let known = 0;
  const emails: Email[] = [];
  const wrong: Email[] = [];
  for (const [step, index] of order.entries()) {
    truth = Math.min(told.length - 1, Math.max(truth, index) + leads[step % leads.length]!);
    const ask = () => {
      const { view } = told[truth]!;
      // Of several moments that look alike, nobody can tell which one this is.
      const looked = JSON.stringify(view);
      known = Math.max(
        known,
        told.findIndex((each) => JSON.stringify(each.view) === looked),
      );
      return view;
    };
    const { command } = told[index]!;
    const now = fromUnix(told[truth]!.command.created);
    const outcome = await when(state, command, now, {
      fetch: ask,
      find: () => ({ subscription: ask() }),
    });
    const isIgnored = outcome.events.some(({ type }) => type === 'ignored');
    // That one invoice is open says nothing about another.
    if (!isIgnored && command.type !== 'invoice_failed') known = Math.max(known, index);
    foundEnded ||= outcome.events.some(({ type }) => type === 'found_ended');
    state = outcome.state!;
    emails.push(...outcome.emails);
    wrong.push(...outcome.emails.filter((email) => contradicts(email, state!, told, known)));
  }
  return { state: state!, emails, wrong, foundEnded };
}

/** Whether an e-mail says what is not so, by all that is known. */
function contradicts({ type, key }: Email, state: State, told: Told[], known: number): boolean {
  const invoice = key.split(':').at(-1);
  switch (type) {
    case 'payment_failed':
      return (
        state.status !== 'past_due' &&
        told.some(
          ({ command }, index) =>
            index <= known && command.type === 'invoice_paid' && command.invoice.id === invoice,
        )
      );
    case 'recovered':
    case 'resumed':
      return state.status !== 'active';
    case 'paused':
      return state.status !== 'paused';
    case 'cancelled':
      return state.status !== 'canceled';
    case 'cancellation_scheduled':
      return hasEnded(state) || state.cancel === undefined;
    case 'cancellation_reversed':
      return hasEnded(state) || state.cancel !== undefined;
    case 'trial_ending':
      return state.status !== 'trialing';
    default:
      return false;
  }
}

/** What everybody agrees on in the end. */
function essence(state: State): object {
  const { status, plan, quantity, cancel } = state;
  const period = 'anchor' in state ? state.period : undefined;
  return { status, plan, quantity, period, cancel: hasEnded(state) ? undefined : cancel?.at };
}

const inAnyOrder = (check: (heard: Heard, told: Told[]) => void, runs = 500): Promise<void> =>
  fc.assert(
    fc.asyncProperty(arrivals, async ({ told, order, leads }) => {
      check(await hear(told, order, leads), told);
    }),
    { numRuns: runs },
  );

describe('a stream of the provider, in any order and with repetitions,', () => {
  it('ends in what the provider says in the end', async () => {
    await inAnyOrder(({ state }, told) => {
      expect(essence(state)).toEqual(essence(adopt(told.at(-1)!.view, T0)));
    });
  });

  it('makes one receipt of each payment', async () => {
    await inAnyOrder(({ emails, foundEnded }, told) => {
      const receipts = emails
        .filter(({ type }) => type === 'receipt' || type === 'converted')
        .map(({ key }) => key.split(':').at(-1)!);
      const paid = told.flatMap(({ command }) =>
        command.type === 'invoice_paid' ? [command.invoice.id] : [],
      );
      const expected = foundEnded ? receipts.filter((id) => paid.includes(id)) : paid;
      expect(receipts.toSorted()).toEqual([...new Set(expected)].toSorted());
    });
  });

  it('sends no mail twice', async () => {
    await inAnyOrder(({ emails }) => {
      const keys = emails.map(({ key }) => key);
      expect(keys).toEqual([...new Set(keys)]);
    });
  });

  it('sends no mail that contradicts what is known', async () => {
    await inAnyOrder(({ wrong }) => {
      expect(wrong.map(({ key }) => key)).toEqual([]);
    });
  });
});
