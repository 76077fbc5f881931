import type { Email, EmailData } from './emails.ts';
import type { JobLine, JobView } from './jobs.ts';
import type { OrderInput, OrderProblem, OrderStatus, OrderStep } from './order.ts';
import type { Money } from './state.ts';
import type { Instant } from './time.ts';

/** What has happened to an order. */
export type OrderEvent =
  | { type: 'order_placed' }
  | { type: 'stock_reserved'; total: Money }
  /** The bank has the debit, and says by and by what comes of it. */
  | { type: 'payment_processing'; payment: string; until: Instant }
  | { type: 'payment_succeeded'; amount: Money }
  | { type: 'order_fulfilled' }
  | { type: 'order_failed'; problem: OrderProblem; step?: OrderStep; detail?: string }
  | { type: 'cancellation_requested'; by: 'request' | 'temporal'; reason?: string }
  | { type: 'step_compensated'; step: OrderStep; refunded?: Money }
  | { type: 'compensation_failed'; step: OrderStep; detail: string }
  | { type: 'order_closed' };

export interface Order {
  input: OrderInput;
  status: OrderStatus;
  version: number;
  updatedAt: Instant;
  endedAt: Instant | null;
  total?: Money;
  paid?: Money;
  refunded?: Money;
  /** Until when the bank may take to settle the payment. */
  settlesUntil?: Instant;
  /** Why it is not going to be delivered, and in which step that came out. */
  problem?: OrderProblem;
  failedStep?: OrderStep;
  /** What is undone, in the order in which it was. */
  compensated: OrderStep[];
  /** What could not be undone: somebody has to. */
  uncompensated: OrderStep[];
}

export const newOrder = (input: OrderInput): Order => ({
  input,
  status: 'requested',
  version: 0,
  updatedAt: input.placedAt,
  endedAt: null,
  compensated: [],
  uncompensated: [],
});

/** The order after an event; every event is a version of its own. */
export function evolveOrder(order: Order, event: OrderEvent, now: Instant): Order {
  return { ...order, ...change(order, event, now), version: order.version + 1, updatedAt: now };
}

function change(order: Order, event: OrderEvent, now: Instant): Partial<Order> {
  switch (event.type) {
    case 'order_placed':
      return {};
    case 'stock_reserved':
      return { status: 'charging', total: event.total };
    case 'payment_processing':
      return { status: 'settling', settlesUntil: event.until };
    case 'payment_succeeded':
      return { status: 'fulfilling', paid: event.amount };
    case 'order_fulfilled':
      return { status: 'confirmed', endedAt: now };
    case 'order_failed': {
      const { problem, step } = event;
      return { status: 'compensating', problem, ...(step && { failedStep: step }) };
    }
    case 'cancellation_requested':
      return { status: 'compensating', problem: 'cancelled' };
    case 'step_compensated': {
      const { step, refunded } = event;
      return { compensated: [...order.compensated, step], ...(refunded && { refunded }) };
    }
    case 'compensation_failed':
      return { uncompensated: [...order.uncompensated, event.step] };
    case 'order_closed':
      return { status: order.problem === 'cancelled' ? 'cancelled' : 'failed', endedAt: now };
    default:
      return event satisfies never;
  }
}

/** What readers see of it. */
export function viewOfOrder(order: Order): JobView {
  const { input, status, version, updatedAt, endedAt, compensated, uncompensated } = order;
  const { id, placedAt, customer, subscription, lines } = input;
  const { total, paid, refunded, settlesUntil, problem, failedStep } = order;
  return {
    kind: 'order',
    id,
    status,
    version,
    createdAt: placedAt,
    updatedAt,
    endedAt,
    customer: customer.id,
    ...(subscription !== undefined && { subscription }),
    lines,
    ...(total && { total }),
    ...(paid && { paid }),
    ...(refunded && { refunded }),
    ...(settlesUntil !== undefined && status === 'settling' && { settlesUntil }),
    ...(problem && { problem }),
    ...(failedStep && { failedStep }),
    ...(problem && { compensated, uncompensated }),
  };
}

/** The line of an event in the history of the order. */
export const lineOfOrder = (event: OrderEvent, now: Instant): JobLine => ({ at: now, ...event });

/** The mail that an event calls for, given the order after it. */
export function mailOfOrder({ type }: OrderEvent, order: Order): Email[] {
  switch (type) {
    case 'order_fulfilled':
      return [email('order_confirmed', order, {})];
    case 'order_failed':
    case 'cancellation_requested':
      return [email('order_failed', order, { reason: order.problem! })];
    case 'order_placed':
    case 'stock_reserved':
    case 'payment_processing':
    case 'payment_succeeded':
    case 'step_compensated':
    case 'compensation_failed':
    case 'order_closed':
      return [];
    default:
      return type satisfies never;
  }
}

function email(
  type: 'order_confirmed' | 'order_failed',
  { input, paid, updatedAt }: Order,
  data: EmailData,
): Email {
  const { id, customer, lines } = input;
  return {
    key: `${type}:order:${id}`,
    type,
    subscription: id,
    kind: 'order',
    at: updatedAt,
    to: customer,
    data: { reference: id, ...summaryOf(lines), ...(paid && { amount: paid }), ...data },
  };
}

const SUMMARIZED = 5;

/** What was ordered as a customer may read it in any language, unless it is too much of it. */
function summaryOf(lines: OrderInput['lines']): EmailData {
  if (lines.length === 0) return {};
  const shown = lines.slice(0, SUMMARIZED).map(({ sku, quantity }) => `${quantity} × ${sku}`);
  return { summary: [...shown, ...(lines.length > SUMMARIZED ? ['…'] : [])].join(', ') };
}
