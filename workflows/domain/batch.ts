import type { JobView } from './jobs.ts';
import type { Plan, Status } from './state.ts';
import type { Duration, Instant } from './time.ts';

/** What is done to each subscription of a batch. A plan by its id alone is one of the provider's. */
export type BatchTask =
  | { action: 'change_plan'; plan: string | Plan; quantity?: number; atPeriodEnd?: boolean }
  | { action: 'announce'; headline: string; body: string; actionUrl?: string }
  | { action: 'cancel'; atPeriodEnd?: boolean; reason?: string }
  | { action: 'extend_trial'; by: Duration };

export type BatchAction = BatchTask['action'];

export const BATCH_ACTIONS = [
  'change_plan',
  'announce',
  'cancel',
  'extend_trial',
] as const satisfies readonly BatchAction[];

/** Which subscriptions: those of a status (else all that have not ended), of a customer, on a plan. */
export interface BatchFilter {
  status?: Status;
  customer?: string;
  plan?: string;
}

/** One thing to be done to many subscriptions. */
export type BatchRequest = BatchTask & BatchOptions;

/** To which subscriptions, which are named or found by a filter, and how. */
export interface BatchOptions {
  subscriptions?: string[];
  filter?: BatchFilter;
  /** Only finds out what would happen. */
  isDryRun?: boolean;
  /** How many are under way at the same time. */
  concurrency?: number;
  /** How many are begun in a second; as many as can be unless given. */
  perSecond?: number;
}

/** What the workflow is started with; continues as new with a state, without what the records have by then. */
export interface BatchInput extends BatchOptions {
  id: string;
  requestedAt: Instant;
  action: BatchAction;
  /** On the first run only, as is what it is to be done to: from then on they are in the records. */
  task?: BatchTask;
  state?: BatchState;
}

export const BATCH_STATUSES = ['requested', 'running', 'paused', 'cancelled', 'done'] as const;

export type BatchStatus = (typeof BATCH_STATUSES)[number];

/** What a batch is started with. */
export function startOfBatch(request: BatchRequest, id: string, requestedAt: Instant): BatchInput {
  const { subscriptions, filter, isDryRun, concurrency, perSecond, ...task } = request;
  return {
    id,
    requestedAt,
    action: task.action,
    task,
    ...(subscriptions && { subscriptions }),
    ...(filter && { filter }),
    ...optionsOf({ isDryRun, concurrency, perSecond }),
  };
}

/** What the next run is started with. */
export const nextRunOf = (input: BatchInput, state: BatchState): BatchInput => ({
  id: input.id,
  requestedAt: input.requestedAt,
  action: input.action,
  ...optionsOf(input),
  state,
});

const optionsOf = ({
  isDryRun,
  concurrency,
  perSecond,
}: {
  [K in 'isDryRun' | 'concurrency' | 'perSecond']?: BatchOptions[K] | undefined;
}): BatchOptions => ({
  ...(isDryRun && { isDryRun }),
  ...(concurrency !== undefined && { concurrency }),
  ...(perSecond !== undefined && { perSecond }),
});

/** What came of one item. `held` waits for the end of the recipient's quiet hours and goes on beside the batch. */
export type Outcome = 'done' | 'held' | 'failed' | 'skipped';

export interface ItemResult {
  outcome: Outcome;
  /** Of one that failed or was skipped. */
  reason?: string;
  /** Of one that is held. */
  until?: Instant;
}

/** What is carried from run to run: a few numbers, however many items there are. */
export interface BatchState {
  status: BatchStatus;
  /** Unknown until the list has been drawn up. */
  total?: number;
  /** How many have been begun; items are begun in the order of the list. */
  begun: number;
  counts: Record<Outcome, number>;
  version: number;
  endedAt?: Instant;
}

/** The answer to the query `progress`. */
export interface BatchProgress {
  status: BatchStatus;
  total: number | null;
  done: number;
  held: number;
  failed: number;
  skipped: number;
  running: number;
  /** Not begun yet; for one that was cancelled, not done at all. */
  left: number | null;
}

export const beginBatch = (): BatchState => ({
  status: 'requested',
  begun: 0,
  counts: { done: 0, held: 0, failed: 0, skipped: 0 },
  version: 0,
});

/** The list has been drawn up. */
export const listed = (state: BatchState, total: number): BatchState => ({
  ...state,
  total,
  status: state.status === 'requested' ? 'running' : state.status,
});

export const counted = (state: BatchState, outcome: Outcome): BatchState => ({
  ...state,
  counts: { ...state.counts, [outcome]: state.counts[outcome] + 1 },
});

export const isBatchOver = ({ status }: BatchState): boolean =>
  status === 'cancelled' || status === 'done';

/** How somebody steers a batch. */
export const STEERINGS = ['pause', 'resume', 'cancel'] as const;

export type Steering = (typeof STEERINGS)[number];

const STEERED: Record<Steering, { from: readonly BatchStatus[]; to: BatchStatus }> = {
  pause: { from: ['requested', 'running'], to: 'paused' },
  resume: { from: ['paused'], to: 'running' },
  cancel: { from: ['requested', 'running', 'paused'], to: 'cancelled' },
};

/** Why a batch cannot be steered so; undefined when it can. */
export function cannotSteer({ status }: BatchState, steering: Steering): string | undefined {
  const { from } = STEERED[steering];
  return from.includes(status)
    ? undefined
    : `A batch that is ${status} cannot be ${PARTICIPLES[steering]}; it has to be ${from.join(' or ')}.`;
}

const PARTICIPLES: Record<Steering, string> = {
  pause: 'paused',
  resume: 'resumed',
  cancel: 'cancelled',
};

export const steered = (state: BatchState, steering: Steering): BatchState => ({
  ...state,
  status: STEERED[steering].to,
});

const DEFAULT_CONCURRENCY = 20;

/** Whether another item may begin while so many are under way. */
export const mayBegin = (
  { status, total, begun }: BatchState,
  running: number,
  concurrency = DEFAULT_CONCURRENCY,
): boolean => status === 'running' && begun < (total ?? 0) && running < concurrency;

/** Whether nothing begins any more, whatever happens. */
export const isExhausted = (state: BatchState): boolean =>
  isBatchOver(state) || (state.total !== undefined && state.begun >= state.total);

export function progressOf(state: BatchState): BatchProgress {
  const { status, total = null, begun, counts } = state;
  const ended = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const left = total === null ? null : total - begun;
  return { status, total, ...counts, running: begun - ended, left };
}

/** What readers see. */
export const viewOfBatch = (
  { id, requestedAt, action, isDryRun = false }: BatchInput,
  state: BatchState,
  now: Instant,
): JobView => ({
  kind: 'batch',
  id,
  version: state.version,
  createdAt: requestedAt,
  updatedAt: now,
  endedAt: state.endedAt ?? null,
  action,
  isDryRun,
  ...progressOf(state),
});
