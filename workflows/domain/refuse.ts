import { periodAt } from './calendar.ts';
import type { Refusal } from './decision.ts';
import { hasSameCadence } from './invoice.ts';
import type {
  CancelRequest,
  ChangePlanRequest,
  ExtendTrialRequest,
  PauseRequest,
  Request,
  RequestType,
  ResumeRequest,
} from './requests.ts';
import { hasEnded, type Active, type State, type Status } from './state.ts';
import { addDuration, addMonths, isDue, toMs, type Instant } from './time.ts';

const LONGEST_TRIAL_MONTHS = 24;

const LIVE: readonly Status[] = [
  'trialing',
  'active',
  'past_due',
  'incomplete',
  'unpaid',
  'paused',
];

/** The statuses in which each request can be obeyed at all. */
const OBEYED_IN: Record<RequestType, readonly Status[]> = {
  cancel: LIVE,
  uncancel: LIVE,
  pause: ['active'],
  resume: ['paused', 'active'],
  change_plan: ['trialing', 'active'],
  cancel_plan_change: ['active'],
  change_quantity: ['trialing', 'active'],
  extend_trial: ['trialing'],
  end_trial: ['trialing'],
  update_contact: LIVE,
  resend_email: LIVE,
};

/** Requests as people call them. */
const NAMES: Record<RequestType, string> = {
  cancel: 'cancelled',
  uncancel: 'kept',
  pause: 'paused',
  resume: 'resumed',
  change_plan: 'moved to another plan',
  cancel_plan_change: 'kept on its plan',
  change_quantity: 'changed in quantity',
  extend_trial: 'given a longer trial',
  end_trial: 'taken out of its trial',
  update_contact: 'written to elsewhere',
  resend_email: 'sent mail again',
};

/** Why a request is not obeyed in this state at `now`; undefined when it is. */
export function refusal(state: State, request: Request, now: Instant): Refusal | undefined {
  if (hasEnded(state)) return no(`The subscription has already ended (${state.status}).`);
  if (!OBEYED_IN[request.type].includes(state.status)) {
    const wanted = OBEYED_IN[request.type].join(' or ');
    return no(
      `A subscription that is ${state.status} cannot be ${NAMES[request.type]}; it has to be ${wanted}.`,
    );
  }
  switch (request.type) {
    case 'cancel':
      return cannotCancel(state, request, now);
    case 'uncancel':
      return state.cancel ? undefined : no('The subscription is not set to end.');
    case 'pause':
      return cannotPause(state, request, now);
    case 'resume':
      return cannotResume(state, request);
    case 'change_plan':
      return cannotChange(state, request, now);
    case 'change_quantity':
      return cannotChange(state, { ...request, type: 'change_plan', plan: state.plan }, now);
    case 'cancel_plan_change':
      return state.change ? undefined : no('No change of plan is waiting.');
    case 'extend_trial':
      return cannotExtend(state, request, now);
    case 'end_trial':
      return ending(state);
    case 'update_contact':
    case 'resend_email':
      return undefined;
    default:
      return request satisfies never;
  }
}

function cannotCancel(state: State, { atPeriodEnd, at }: CancelRequest, now: Instant) {
  if (at !== undefined && atPeriodEnd) {
    return invalid('A cancellation is either at the end of the period or at an instant, not both.');
  }
  if (at !== undefined && isDue(at, now)) return inThePast('A cancellation', at, now);
  const end = at ?? (atPeriodEnd ? periodEndOf(state) : undefined);
  return end !== undefined && end === state.cancel?.at
    ? no(`The subscription is already set to end at ${end}.`)
    : undefined;
}

/** The end of the trial or of what is paid for; none where neither runs. */
export function periodEndOf(state: State): Instant | undefined {
  if (state.status === 'trialing') return state.trial.end;
  return state.status === 'active' ? state.period.end : undefined;
}

function cannotPause(state: State, { atPeriodEnd, until }: PauseRequest, now: Instant) {
  if (state.pausing) return no(`The subscription is already set to pause at ${state.pausing.at}.`);
  const from = atPeriodEnd && state.status === 'active' ? state.period.end : now;
  if (until !== undefined && isDue(until, from)) {
    return invalid(`A pause that begins at ${from} cannot end at ${until}.`);
  }
  return ending(state);
}

function cannotResume(state: State, { anchor }: ResumeRequest) {
  if (state.status === 'paused') return undefined;
  if (!state.pausing) return no('The subscription is active already.');
  return anchor === undefined ? undefined : invalid('A pause that has not begun moves no anchor.');
}

function cannotChange(state: State, request: ChangePlanRequest, now: Instant) {
  const { plan, quantity = state.quantity, atPeriodEnd, prorateAt } = request;
  const { currency } = state.plan.price;
  if (plan.price.currency !== currency) {
    return invalid(
      `The currency of a subscription does not change: it is ${currency}, not ${plan.price.currency}.`,
    );
  }
  if (isSame(state, plan, quantity)) return no('The subscription has this plan already.');
  if (atPeriodEnd && state.status === 'active' && state.cancel) return ending(state);
  if (state.status !== 'active') return undefined;
  if (prorateAt === undefined) return atPeriodEnd ? undefined : cannotBegin(state, plan, now, now);
  if (atPeriodEnd) return invalid('A change at the end of the period is not prorated.');
  // What has been paid for since is another plan.
  const { changedAt, period } = state;
  const from = changedAt && toMs(changedAt) > toMs(period.start) ? changedAt : period.start;
  const isOpen = toMs(prorateAt) >= toMs(from) && isDue(prorateAt, now);
  return isOpen
    ? cannotBegin(state, plan, prorateAt, now)
    : invalid(`A change is prorated from ${from} to now (${now}).`);
}

/** Another cadence is charged for a whole period: one that is over would be followed by others at once, one that is cut short paid in vain. */
function cannotBegin(state: Active, plan: State['plan'], from: Instant, now: Instant) {
  if (state.collection === 'provider' || hasSameCadence(state.plan, plan)) return undefined;
  const { end } = periodAt(from, plan, from, state.zone);
  if (isDue(end, now)) return invalid(`A period that begins at ${from} ended at ${end} already.`);
  return state.cancel && toMs(state.cancel.at) < toMs(end) ? ending(state) : undefined;
}

function isSame(state: State, plan: State['plan'], quantity: number): boolean {
  const { id, price, interval, intervalCount = 1 } = state.plan;
  // What a plan of the provider's costs is known when it answers.
  if (state.collection === 'provider') return plan.id === id && quantity === state.quantity;
  return (
    plan.id === id &&
    plan.price.amount === price.amount &&
    plan.interval === interval &&
    (plan.intervalCount ?? 1) === intervalCount &&
    quantity === state.quantity
  );
}

function cannotExtend(state: State, request: ExtendTrialRequest, now: Instant) {
  if ((request.trialEnd === undefined) === (request.by === undefined)) {
    return invalid('A trial is extended to an instant or by a duration: give one of them.');
  }
  if (state.status !== 'trialing') return undefined;
  const end = trialEndOf(state.trial.end, request);
  if (isDue(end, now)) return inThePast('The end of a trial', end, now);
  if (toMs(end) <= toMs(state.trial.end)) {
    return invalid(`The trial ends at ${state.trial.end} already; to end it earlier, end it now.`);
  }
  return toMs(end) > toMs(addMonths(now, LONGEST_TRIAL_MONTHS))
    ? invalid('A trial ends at most two years from now.')
    : ending(state);
}

/** Where a trial that ends at `end` will end. */
export const trialEndOf = (end: Instant, { trialEnd, by }: ExtendTrialRequest): Instant =>
  trialEnd ?? addDuration(end, by ?? 'PT0S');

const ending = ({ cancel }: State): Refusal | undefined =>
  cancel && no(`The subscription is set to end at ${cancel.at}: undo that first.`);

const inThePast = (what: string, at: Instant, now: Instant): Refusal =>
  invalid(`${what} cannot lie in the past: ${at} is before ${now}.`);

const no = (reason: string): Refusal => ({ reason });

const invalid = (reason: string): Refusal => ({ reason, isInvalid: true });
