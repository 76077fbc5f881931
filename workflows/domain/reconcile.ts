import type { Command } from './commands.ts';
import type { Projection } from './projection.ts';
import type { ProviderSubscription } from './provider.ts';
import { toMs, type Instant } from './time.ts';

/** The schedule, and the type of the workflow that it starts. */
export const RECONCILE = 'reconcile';

/** What one comparison of everything is asked for with. */
export interface Nightly {
  /** Names the run, so that what it repairs is repaired once however often its work is tried. */
  name: string;
  /** Subscriptions on a page; as many as the provider allows unless given. */
  pageSize?: number;
}

/** How it went. Ids are listed up to a limit; the numbers are of all. */
export interface ReconcileReport {
  /** Subscriptions that were compared. */
  compared: number;
  /** To how many the provider's view was sent, as it was another one than ours. */
  repaired: number;
  repairs: Difference[];
  /** Live here, and unknown to the provider. */
  strays: number;
  strayIds: string[];
}

export interface Difference {
  id: string;
  /** What differs; `unknown` when we had not heard of it at all. */
  fields: string[];
}

/** Beyond this many, ids are counted only: a result is part of the history. */
const LISTED = 50;

export const NEW_REPORT: ReconcileReport = {
  compared: 0,
  repaired: 0,
  repairs: [],
  strays: 0,
  strayIds: [],
};

export const withRepair = (report: ReconcileReport, repair: Difference): ReconcileReport => ({
  ...report,
  repaired: report.repaired + 1,
  repairs: [...report.repairs, repair].slice(0, LISTED),
});

export const withStray = (report: ReconcileReport, id: string): ReconcileReport => ({
  ...report,
  strays: report.strays + 1,
  strayIds: [...report.strayIds, id].slice(0, LISTED),
});

type Known = Pick<
  Projection,
  | 'collection'
  | 'status'
  | 'plan'
  | 'quantity'
  | 'trialEnd'
  | 'currentPeriodEnd'
  | 'cancelAt'
  | 'endedAt'
  | 'testClock'
  | 'updatedAt'
>;

/** In what the records differ from what the provider says; what has ended here stays so, whatever anybody says. */
export function differences(known: Known | undefined, seen: ProviderSubscription): string[] {
  const hasEnded = seen.status === 'canceled' || seen.status === 'incomplete_expired';
  if (known === undefined) return hasEnded ? [] : ['unknown'];
  if (known.collection === 'self' || known.endedAt !== null) return [];
  if (hasEnded) return ['status'];
  const { plan } = seen;
  const periodEnd = seen.status === 'trialing' ? (seen.trial ?? seen.period).end : seen.period.end;
  const compared: [string, unknown, unknown][] = [
    ['status', known.status, seen.status],
    ['period', known.currentPeriodEnd, periodEnd],
    ['cancel_at', known.cancelAt, seen.cancelAt ?? null],
    ['plan', priceTag(known.plan), priceTag(plan)],
    ['quantity', known.quantity, seen.quantity],
  ];
  return compared.filter(([, ours, theirs]) => ours !== theirs).map(([field]) => field);
}

const priceTag = ({ id, price, interval, intervalCount = 1 }: Known['plan']): string =>
  `${id} ${price.amount} ${price.currency} ${intervalCount} ${interval}`;

/**
 * What tells a subscription of the provider's view, as the webhooks would have. `created` is the provider's own time (Unix
 * seconds) just before it was asked: newer than every event that the view includes, older than all that it does not.
 */
export function repairs(
  name: string,
  known: Known | undefined,
  seen: ProviderSubscription,
  providerTime: number,
): Command[] {
  const created = timeOf(known, providerTime);
  const eventId = `${name}:${seen.id}`;
  const { paid, ...subscription } = seen;
  const payment: Command[] =
    paid && hasPaidSince(known, seen)
      ? [{ type: 'invoice_paid', eventId: `${eventId}:paid`, created, invoice: paid }]
      : [];
  return [...payment, { type: 'observe', eventId, created, subscription }];
}

/** Events of a subscription under a test clock have its time, which may be ahead of the provider's own. */
function timeOf(known: Known | undefined, providerTime: number): number {
  if (known === undefined || known.testClock === null) return providerTime;
  return Math.max(providerTime, Math.floor(toMs(known.updatedAt) / 1000));
}

/** Whether it cannot have become so without a payment, of which the webhook must have got lost as well. */
function hasPaidSince(known: Known | undefined, { status, period }: ProviderSubscription): boolean {
  if (known === undefined || status !== 'active') return false;
  return (
    (known.status !== 'active' && known.status !== 'paused') ||
    isLater(period.end, known.currentPeriodEnd)
  );
}

const isLater = (end: Instant, known: Instant | null): boolean =>
  known !== null && toMs(end) > toMs(known);
