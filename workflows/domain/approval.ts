import type { Email, EmailData } from './emails.ts';
import type { JobChange, JobLine, JobView } from './jobs.ts';
import type { Customer, Money } from './state.ts';
import { addDuration, fromMs, isDue, toMs, type Duration, type Instant } from './time.ts';

/** Somebody who decides: records and links know people by their id, only mail by their address. */
export interface Approver {
  id: string;
  email: string;
  name?: string;
  locale?: string;
  timezone?: string;
}

/** What is to be done once it is approved. */
export interface ApprovalAction {
  type: 'refund' | 'credit';
  subscription: string;
  amount: Money;
}

/** What somebody has to decide about: a refund or a credit above a limit, or anything else that a person has to answer for. */
export interface ApprovalRequest {
  /** In a few words, for the one who decides. */
  summary: string;
  approver: Approver;
  /** Who may decide beside those who are written to; anybody who says a name, unless given. */
  approvers?: string[];
  /** 48 hours unless given. */
  limit?: Duration;
  /** How long before the limit the approver is reminded. */
  reminder?: Duration;
  /** Who is asked when the limit has passed. */
  escalateTo?: Approver;
  /** As long as the limit unless given. */
  escalationLimit?: Duration;
  /** Who is told what has been decided. */
  requester?: Customer;
  action?: ApprovalAction;
}

/** What the workflow is started with. */
export interface ApprovalInput extends ApprovalRequest {
  id: string;
  requestedAt: Instant;
}

/** What somebody has decided; `by` is whoever the sender says it is, or the one to whom a link was sent. */
export interface Decision {
  decision: 'approved' | 'rejected';
  by: string;
  reason?: string;
}

export const APPROVAL_STATUSES = [
  'requested',
  'escalated',
  'approved',
  'rejected',
  'expired',
] as const;

export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];

/** The signals and updates by which is decided, and what each decides; all take a {@link Statement}. */
export const DECISIONS = { approve: 'approved', reject: 'rejected' } as const;

/** Who says so, and why. */
export type Statement = Omit<Decision, 'decision'>;

/** The query that answers with the {@link JobView}. */
export const STATUS_QUERY = 'status';

export interface ApprovalState {
  request: ApprovalInput;
  status: ApprovalStatus;
  version: number;
  createdAt: Instant;
  updatedAt: Instant;
  /** When the one who is asked at present has had enough time. */
  deadline: Instant;
  /** Absent once the one who is asked at present has been reminded. */
  remindAt?: Instant;
  /** When nobody can decide any more. */
  expiresAt: Instant;
  /** Whether it is the second one who is asked, or was at the end. */
  isEscalated?: true;
  endedAt?: Instant;
  decision?: Decision;
  /** What has become of the action. */
  outcome?: string;
}

/** The state after a step, what the step leaves in the records, and the mail that it calls for. */
export interface Step {
  state: ApprovalState;
  lines: JobLine[];
  emails: Email[];
}

const LIMIT: Duration = 'PT48H';
const REMINDER: Duration = 'PT24H';

/** Somebody is asked. The limit counts from here: time on the way to us is not taken from whoever decides. */
export function begin(request: ApprovalInput, now: Instant): Step {
  const { limit = LIMIT, escalationLimit = limit, escalateTo, approver, action } = request;
  const deadline = addDuration(now, limit);
  const state: ApprovalState = {
    request,
    status: 'requested',
    version: 1,
    createdAt: now,
    updatedAt: now,
    deadline,
    remindAt: reminderFor(request, now, deadline),
    expiresAt: escalateTo ? addDuration(deadline, escalationLimit) : deadline,
  };
  return {
    state,
    lines: [{ at: now, type: 'requested', approver: approver.id, ...(action && { action }) }],
    emails: [ask(state, 'approval_requested', now)],
  };
}

/** As long before the deadline as is wished, or else a day; half of the time before it where that is less. */
function reminderFor({ reminder }: ApprovalRequest, from: Instant, deadline: Instant): Instant {
  const wished = reminder && addDuration(deadline, reminder, -1);
  if (wished !== undefined && wished > from) return wished;
  const half = fromMs((toMs(from) + toMs(deadline)) / 2);
  const usual = addDuration(deadline, REMINDER, -1);
  return usual > half ? usual : half;
}

const isOpen = ({ status }: ApprovalState): boolean =>
  status === 'requested' || status === 'escalated';

/** When something happens by itself; a reminder that comes with the deadline comes too late. */
export const nextDue = (state: ApprovalState): Instant | undefined =>
  isOpen(state) ? (state.remindAt ?? state.deadline) : undefined;

/** What is due: a reminder, the next approver, or the end. */
export function whatIsDue(state: ApprovalState, now: Instant): Step {
  const { deadline, remindAt = deadline, request, isEscalated } = state;
  if (!isDue(deadline, now)) {
    const { remindAt: _done, ...rest } = state;
    const reminded = changed(rest, now);
    const line = { at: remindAt, type: 'reminded', approver: asked(state).id };
    return { state: reminded, lines: [line], emails: [ask(state, 'approval_reminder', remindAt)] };
  }
  if (isEscalated || request.escalateTo === undefined) return expire(state, now);
  const { limit = LIMIT, escalationLimit = limit, escalateTo } = request;
  const until = addDuration(now, escalationLimit);
  const escalated = changed(
    {
      ...state,
      status: 'escalated',
      isEscalated: true,
      deadline: until,
      remindAt: reminderFor(request, now, until),
      expiresAt: until,
    },
    now,
  );
  return {
    state: escalated,
    lines: [{ at: deadline, type: 'escalated', approver: escalateTo.id }],
    emails: [ask(escalated, 'approval_requested', deadline)],
  };
}

function expire(state: ApprovalState, now: Instant): Step {
  const at = state.deadline;
  const expired = changed({ ...state, status: 'expired', endedAt: at }, now);
  return { state: expired, lines: [{ at, type: 'expired' }], emails: tell(expired, at) };
}

/** Takes a decision, or keeps in the timeline why it does not count. */
export function settle(state: ApprovalState, decision: Decision, now: Instant): Step {
  const ignored = refusal(state, decision);
  if (ignored !== undefined) return ignore(state, decision, ignored, now);
  const { decision: status, by, reason } = decision;
  const settled = changed({ ...state, status, endedAt: now, decision }, now);
  const line = { at: now, type: status, by, ...(reason !== undefined && { reason }) };
  return { state: settled, lines: [line], emails: tell(settled, now) };
}

function ignore(state: ApprovalState, decision: Decision, why: string, now: Instant): Step {
  const line = ignoredLine(decision, why, now);
  return { state: changed(state, now), lines: [line], emails: [] };
}

/** A decision that does not count, for the timeline. */
const ignoredLine = (
  { decision, by, reason }: Decision,
  ignored: string,
  at: Instant,
): JobLine => ({
  at,
  type: 'decision_ignored',
  decision,
  ignored,
  ...(isName(by) && { by }),
  ...(isName(reason) && { reason }),
});

/** Why a decision does not count; undefined when it does. The first one that does is the last. */
export function refusal(
  state: ApprovalState,
  { decision, by, reason }: Decision,
): string | undefined {
  const { status, request, decision: made, endedAt } = state;
  if (made) return `It has already been ${status} by ${made.by} on ${endedAt}.`;
  if (status === 'expired') return `Nobody decided in time: it expired on ${endedAt}.`;
  if (!isName(by)) return 'It does not say who decides: `by` is the id of a person.';
  if (decision === 'rejected' && !isName(reason))
    return 'A rejection says why: `reason` is missing.';
  const { approver, escalateTo, approvers } = request;
  const isListed = [approver.id, escalateTo?.id, ...(approvers ?? [])].includes(by);
  return approvers && !isListed ? `${by} is not among those who may decide.` : undefined;
}

/** Messages come from anywhere, also without what they should say. */
const isName = (said: unknown): said is string => typeof said === 'string' && said.trim() !== '';

/** What became of the action, beside the decision that it follows from. */
export function withOutcome({ state, lines, emails }: Step, outcome: string): Step {
  const { action } = state.request;
  const line = { at: state.updatedAt, type: 'outcome', outcome, ...(action && { action }) };
  return { state: { ...state, outcome }, lines: [...lines, line], emails };
}

const changed = (state: ApprovalState, now: Instant): ApprovalState => ({
  ...state,
  version: state.version + 1,
  updatedAt: now,
});

/** Whom we wait for, or have waited for last. */
const asked = ({ isEscalated, request }: ApprovalState): Approver =>
  isEscalated ? request.escalateTo! : request.approver;

function ask(
  state: ApprovalState,
  type: 'approval_requested' | 'approval_reminder',
  at: Instant,
): Email {
  const { deadline, expiresAt } = state;
  return compose(state, type, asked(state), at, { deadline, expiresAt });
}

/** Whoever has asked for it is told how it ended. */
function tell(state: ApprovalState, at: Instant): Email[] {
  const { request, status, decision } = state;
  if (request.requester?.email === undefined) return [];
  const data: EmailData = {
    decision: status as NonNullable<EmailData['decision']>,
    ...(decision?.reason !== undefined && { reason: decision.reason }),
  };
  return [compose(state, 'approval_decided', request.requester, at, data)];
}

function compose(
  { request: { id, summary, action } }: ApprovalState,
  type: Email['type'],
  to: Customer,
  at: Instant,
  data: EmailData,
): Email {
  const amount = action ? { amount: action.amount } : {};
  return {
    key: `${type}:${id}:${to.id}`,
    type,
    subscription: id,
    kind: 'approval',
    at,
    to,
    data: { reference: id, summary, ...amount, ...data },
  };
}

/** What readers see: who decides by id, no address. */
export function viewOf(state: ApprovalState): JobView {
  const { request, status, version, createdAt, updatedAt, endedAt = null, decision } = state;
  const { id, summary, action, approvers, requestedAt, escalateTo } = request;
  return {
    kind: 'approval',
    id,
    status,
    version,
    createdAt,
    updatedAt,
    endedAt,
    requestedAt,
    summary,
    approver: asked(state).id,
    ...(escalateTo && { escalateTo: escalateTo.id }),
    ...(approvers && { approvers }),
    ...(action && { action, subscription: action.subscription }),
    deadline: state.deadline,
    expiresAt: state.expiresAt,
    ...(decision && { decision: { ...decision, at: endedAt } }),
    ...(state.outcome !== undefined && { outcome: state.outcome }),
  };
}

export const changeOf = ({ state, lines }: Step): JobChange => ({ view: viewOf(state), lines });
