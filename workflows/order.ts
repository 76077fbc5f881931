import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineUpdate,
  isCancellation,
  log,
  setHandler,
  TemporalFailure,
} from '@temporalio/workflow';

import * as activities from './activities.ts';
import { STATE_QUERY, type Updated } from './domain/contract.ts';
import type { Email } from './domain/emails.ts';
import { FAILURES } from './domain/failures.ts';
import type { JobView } from './domain/jobs.ts';
import { checkOrder } from './domain/order-check.ts';
import {
  evolveOrder,
  lineOfOrder,
  mailOfOrder,
  newOrder,
  viewOfOrder,
  type Order,
  type OrderEvent,
} from './domain/order-state.ts';
import {
  CANCEL_UPDATE,
  itemsOf,
  ORDER_PROBLEMS,
  orderChargeKey,
  SETTLEMENT_LIMIT,
  type OrderCancellation,
  type OrderInput,
  type OrderProblem,
  type OrderStep,
} from './domain/order.ts';
import type { Charged, ChargeResult } from './domain/provider.ts';
import type { Money } from './domain/state.ts';
import { addDuration, fromMs, toMs, type Instant } from './domain/time.ts';
import { Saga, wordsOf } from './saga.ts';
import { showJobStatus } from './search-attributes.ts';

const stateQuery = defineQuery<JobView>(STATE_QUERY);
const cancelUpdate = defineUpdate<Updated, [OrderCancellation]>(CANCEL_UPDATE);

/**
 * One order: validate, reserve, charge, fulfil, confirm. When a step fails, or somebody cancels the order, what has been
 * done until then is undone in reverse order. Answers with what readers see of it in the end.
 */
export async function order(input: OrderInput): Promise<JobView> {
  return new Ordering(input).run();
}

class Ordering {
  readonly #saga = new Saga<OrderStep>();
  /** What a cancellation interrupts, be it by the update or by Temporal's own request. */
  readonly #steps = new CancellationScope();
  #order: Order;
  #step: OrderStep | undefined;
  #cancellation: OrderCancellation | undefined;
  /** Mail that could not go out at once. */
  readonly #mail: Promise<void>[] = [];

  constructor(input: OrderInput) {
    this.#order = newOrder(input);
    setHandler(stateQuery, () => viewOfOrder(this.#order));
    setHandler(cancelUpdate, (request) => this.#cancel(request), {
      validator: (_request) => this.#validateCancel(),
    });
  }

  /** Everything but the steps goes on when the workflow is asked to end: mail, records, compensations. */
  async run(): Promise<JobView> {
    let failure: unknown;
    await CancellationScope.nonCancellable(async () => {
      try {
        await this.#tell({ type: 'order_placed' });
        await this.#steps.run(() => this.#sell());
      } catch (error) {
        failure = error;
        await this.#undo(error);
      }
      await Promise.all([condition(allHandlersFinished), ...this.#mail]);
    });
    if (isCancellation(failure) && this.#cancellation === undefined) throw failure;
    return viewOfOrder(this.#order);
  }

  async #sell(): Promise<void> {
    const { id, lines } = this.#order.input;
    const total = await this.#validate();
    const parcel: activities.OrderParcel = { order: id, items: itemsOf(lines) };

    this.#begin('reserve', () => activities.release(parcel));
    await activities.reserve(parcel);
    await this.#tell({ type: 'stock_reserved', total });

    const charge = chargeOf(this.#order, total);
    this.#begin('charge', () => activities.refundOrder(charge));
    const amount = amountPaid(await this.#settled(await activities.chargeOrder(charge)), total);
    await this.#tell({ type: 'payment_succeeded', amount });

    this.#begin('fulfil', () => activities.recall(parcel));
    await activities.fulfil(parcel);
    await this.#tell({ type: 'order_fulfilled' });
  }

  /** What it comes to; fails before anything is done for an order that cannot be. */
  async #validate(): Promise<Money> {
    const { lines, subscription } = this.#order.input;
    const checked = checkOrder(lines);
    if ('complaint' in checked) throw setback('invalid', checked.complaint);
    if (subscription !== undefined) {
      const { version, tombstone } = await activities.findTraces(subscription);
      const complaint = tombstone ? 'has ended' : version === undefined ? 'does not exist' : '';
      if (complaint) throw setback('unknown_subscription', `subscription: it ${complaint}`);
    }
    return checked.total;
  }

  #begin(step: OrderStep, undo: () => Promise<object | void>): void {
    this.#step = step;
    this.#saga.register(step, async () => (await undo()) ?? {});
  }

  /** The debit of a bank account is waited for, for days; all other answers are final. */
  async #settled(result: Charged): Promise<ChargeResult> {
    if (result.outcome !== 'processing') return result;
    const { payment } = result;
    const until = addDuration(now(), SETTLEMENT_LIMIT);
    await this.#tell({ type: 'payment_processing', payment, until });
    return activities.awaitSettlement({ payment }, toMs(until) - toMs(now()));
  }

  async #undo(failure: unknown): Promise<void> {
    // Everything else is a mistake in this code, which is mended and run again.
    if (!(failure instanceof TemporalFailure)) throw failure;
    await this.#tell(
      isCancellation(failure)
        ? {
            type: 'cancellation_requested',
            by: this.#cancellation ? 'request' : 'temporal',
            ...this.#cancellation,
          }
        : {
            type: 'order_failed',
            problem: problemOf(failure, this.#order),
            detail: wordsOf(failure),
            ...(this.#step && { step: this.#step }),
          },
    );
    await this.#saga.compensate(async (step, undone) => {
      await this.#tell(
        'done' in undone
          ? { type: 'step_compensated', step, ...undone.done }
          : { type: 'compensation_failed', step, detail: undone.failure },
      );
    });
    await this.#tell({ type: 'order_closed' });
  }

  #validateCancel(): void {
    const { status, endedAt } = this.#order;
    if (status === 'compensating') throw refused('The order is being undone already.');
    if (endedAt !== null) throw refused(`The order has already ended (${status}).`);
  }

  /** Answers once it is known, and recorded, whether the order could still be stopped. */
  async #cancel(request: OrderCancellation): Promise<Updated> {
    this.#cancellation ??= request;
    this.#steps.cancel();
    await condition(() => this.#order.problem !== undefined || this.#order.endedAt !== null);
    if (this.#order.status === 'confirmed') throw refused('The order has just been fulfilled.');
    return { version: this.#order.version };
  }

  /** Takes an event into the order and makes it known: to readers first, then to the customer. */
  async #tell(event: OrderEvent): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      const at = now();
      const next = evolveOrder(this.#order, event, at);
      const view = viewOfOrder(next);
      const emails = mailOfOrder(event, next);
      showJobStatus(view);
      const { emails: unsent } = await activities.publishJob({
        change: { view, lines: [lineOfOrder(event, at)] },
        emails,
      });
      this.#order = next;
      if (unsent) this.#sendLater(emails.filter(({ key }) => unsent.includes(key)));
    });
  }

  #sendLater(emails: Email[]): void {
    const sent = activities.sendEmails(emails);
    this.#mail.push(sent.catch((failure: unknown) => log.error('mail was not sent', { failure })));
  }
}

const now = (): Instant => fromMs(Date.now());

const refused = (why: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(why, FAILURES.refused);

/** The end of an order that nobody is to blame for; `why` is for the merchant. */
const setback = (problem: OrderProblem, why: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(why, problem);

function chargeOf({ input }: Order, amount: Money): activities.OrderCharge {
  const { id, customer, paymentMethod } = input;
  return {
    key: orderChargeKey(id),
    order: id,
    customer: customer.id,
    amount,
    ...(paymentMethod !== undefined && { paymentMethod }),
  };
}

/** A decline is final: the same card would say the same again. */
function amountPaid(result: ChargeResult, asked: Money): Money {
  switch (result.outcome) {
    case 'paid':
      return result.amount ?? asked;
    case 'declined':
      throw setback('declined', `the payment was declined (${result.code})`);
    case 'no_payment_method':
      throw setback('no_payment_method', 'there is nothing to charge');
    case 'action_required':
      throw setback('action_required', 'the bank wants the customer to confirm the payment');
    default:
      return result satisfies never;
  }
}

function problemOf(failure: TemporalFailure, { status }: Order): OrderProblem {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure;
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  if (type === FAILURES.soldOut) return 'sold_out';
  if (type === FAILURES.undeliverable) return 'undeliverable';
  const known = ORDER_PROBLEMS.find((problem) => problem === type);
  return known ?? (status === 'settling' ? 'not_settled' : 'unavailable');
}
