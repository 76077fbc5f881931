import type { BatchTask, ItemResult } from './batch.ts';
import type { Email } from './emails.ts';
import type { Projection } from './projection.ts';
import { quietAround } from './quiet.ts';
import { refusal } from './refuse.ts';
import type { Request } from './requests.ts';
import { hasEnded, type State } from './state.ts';
import { toMs, type Instant } from './time.ts';

/** One item: what becomes of a subscription in a batch. The task itself is in the records, as histories are no place for it. */
export interface BatchItem {
  batch: string;
  subscription: string;
  isDryRun?: boolean;
  /** Of one whose recipient had quiet hours. */
  notBefore?: Instant;
}

/** Names what a batch asks of a subscription, so that it is obeyed once. */
export const batchKey = ({ batch, subscription }: BatchItem): string =>
  `batch:${batch}:${subscription}`;

type Asked = Exclude<BatchTask, { action: 'announce' }>;

/** What a task asks of this subscription; `impossible` is why nothing can be asked. */
export function requestOf(task: Asked, { plan, collection }: Projection): Request | Impossible {
  switch (task.action) {
    case 'change_plan': {
      const { action: type, plan: wanted, ...rest } = task;
      if (typeof wanted !== 'string') return { type, plan: wanted, ...rest };
      // What we charge ourselves has to say what it costs.
      return collection === 'self'
        ? { impossible: 'The plan has to say what it costs, with id, price and interval.' }
        : { type, plan: { ...plan, id: wanted }, ...rest };
    }
    case 'cancel': {
      const { action: type, ...rest } = task;
      return { type, ...rest };
    }
    case 'extend_trial':
      return { type: task.action, by: task.by };
    default:
      return task satisfies never;
  }
}

export interface Impossible {
  impossible: string;
}

/**
 * What would come of a request, as far as the projection can tell: it does not know whether a payment would go through, nor
 * what the provider would say.
 */
export function rehearse(request: Request, projection: Projection, now: Instant): ItemResult {
  const refused = refusal(asState(projection), request, now);
  return refused ? { outcome: 'failed', reason: refused.reason } : { outcome: 'done' };
}

/** As much of a state as refusals go by. */
function asState(projection: Projection): State {
  const { id, status, plan, quantity, collection, livemode, version } = projection;
  const { trialEnd, currentPeriodStart, currentPeriodEnd, cancelAt, pause, planChange } =
    projection;
  const period = { start: currentPeriodStart!, end: currentPeriodEnd! };
  return {
    id,
    status,
    plan,
    quantity,
    collection,
    livemode,
    version,
    customer: { id: projection.customer },
    seen: [],
    period,
    ...(trialEnd !== null && { trial: { start: currentPeriodStart ?? trialEnd, end: trialEnd } }),
    ...(cancelAt !== null && { cancel: { at: cancelAt } }),
    ...(planChange && { change: planChange }),
    ...(pause && status !== 'paused' && { pausing: { at: pause.at } }),
  } as unknown as State;
}

/** The announcement to the customer of a subscription, or why there is none, or until when it has to wait. */
export function announcement(
  item: BatchItem,
  task: Extract<BatchTask, { action: 'announce' }>,
  state: State,
  now: Instant,
): { email: Email } | ItemResult {
  const { customer, policy, plan, testClock, id } = state;
  if (hasEnded(state)) return failed(`The subscription has already ended (${state.status}).`);
  if (policy?.emails?.announcement === false) return skipped('Announcements are switched off.');
  if (customer.marketing !== true)
    return skipped('The customer has not agreed to promotional mail.');
  if (customer.email === undefined) return skipped('No address is known.');
  const quiet = quietAround(state, now);
  if (quiet && toMs(quiet.end) > toMs(now)) return { outcome: 'held', until: quiet.end };
  const { headline, body, actionUrl } = task;
  return {
    email: {
      key: `announcement:${id}:${item.batch}`,
      type: 'announcement',
      subscription: id,
      at: now,
      to: customer,
      ...(testClock !== undefined && { testClock }),
      data: { plan, headline, body, ...(actionUrl !== undefined && { actionUrl }) },
    },
  };
}

const failed = (reason: string): ItemResult => ({ outcome: 'failed', reason });
const skipped = (reason: string): ItemResult => ({ outcome: 'skipped', reason });
