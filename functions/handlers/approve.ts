import { createHash } from 'node:crypto';

import { DECISIONS, type ApprovalAction, type Decision } from '../../workflows/domain/approval.ts';
import { formatMoney } from '../../workflows/domain/format-money.ts';
import { jobWorkflowId } from '../../workflows/domain/jobs.ts';
import { isDue, type Instant } from '../../workflows/domain/time.ts';
import { readToken, type DecisionLink } from '../shared/approval-token.ts';
import { bodyOf, HttpError, type HttpEvent, type HttpResult } from '../shared/http.ts';
import type { Jobs } from '../shared/jobs.ts';
import { logger } from '../shared/observability.ts';
import { page, type Page } from '../shared/page.ts';
import type { Secrets } from '../shared/secrets.ts';
import type { Update } from '../shared/update.ts';

interface Dependencies {
  jobs: Pick<Jobs, 'find'>;
  update: Update;
  secrets: Secrets;
  now: () => Instant;
}

/** What the page needs of a job's view. */
interface Approval {
  id: string;
  endedAt: Instant | null;
  summary: string;
  deadline: Instant;
  action?: ApprovalAction;
  decision?: Decision & { at: Instant };
}

const MAX_BODY_BYTES = 16 * 1024;
const LONGEST_REASON = 500;

const REFUSALS: Record<number, string> = {
  400: 'This link is not valid',
  404: 'There is nothing to decide',
  409: 'That cannot be decided',
  413: 'This request is too large',
  422: 'This request is not complete',
  503: 'Please try again in a moment',
  504: 'Please look again in a moment',
};

/**
 * The page on which somebody decides who has been asked by e-mail: no login, no cookie, the link is the proof. Only a POST
 * decides, as programs that look for harmful links open every one of them.
 */
export function createApprove({ jobs, update, secrets, now }: Dependencies) {
  const find = async (id: string): Promise<Approval> => {
    const found = await jobs.find('approval', id);
    if (found === undefined) throw new HttpError(404, 'We do not know this request.');
    return found as unknown as Approval;
  };

  const answer = async (event: HttpEvent): Promise<HttpResult> => {
    const body = bodyOf(event);
    if (body.byteLength > MAX_BODY_BYTES) throw new HttpError(413, 'It is over 16 KiB.');
    const token = event.rawPath.slice(event.rawPath.lastIndexOf('/') + 1);
    const link = readToken(token, await known(secrets));
    if (link === undefined) {
      throw new HttpError(
        400,
        'It may have been cut off: please open it again from the e-mail, as a whole.',
      );
    }
    if (isDue(link.expiresAt, now())) return EXPIRED;
    const before = await find(link.approval);
    if (event.requestContext.http.method !== 'POST') return show(before, link);
    const said = read(body);
    if (said.name === 'reject' && problemOf(said.reason)) return ask(422, before, said.reason);
    const isOver = before.endedAt !== null || !(await decide(link, said, token));
    const after = isOver || before.endedAt === null ? await find(link.approval) : before;
    return conclude(after, link, said);
  };

  /** False when somebody else was faster. */
  const decide = async (
    { approval, approver }: DecisionLink,
    { name, reason }: Said,
    token: string,
  ): Promise<boolean> => {
    const request = { by: approver, ...(reason !== '' && { reason }) };
    const workflow = jobWorkflowId('approval', approval);
    // A second click is the same command.
    const key = createHash('sha256').update(`${name} ${token}`).digest('hex').slice(0, 32);
    try {
      await update({ subscription: approval, workflow, name, request, key });
      return true;
    } catch (error) {
      if (error instanceof HttpError && error.status === 409) return false;
      throw error;
    }
  };

  return async (event: HttpEvent): Promise<HttpResult> => {
    try {
      return await answer(event);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const { status, message } = error;
      // Never the path, which holds a key.
      logger.warn('deciding refused', { status, reason: message });
      const headers: Record<string, string> = status === 503 ? { 'retry-after': '60' } : {};
      const title = REFUSALS[status] ?? 'That did not work';
      return page(status, { title, paragraphs: [message] }, headers);
    }
  };
}

const EXPIRED = page(400, {
  title: 'This link has expired',
  paragraphs: ['The time to decide is over.'],
});

/** What was posted. */
interface Said {
  name: keyof typeof DECISIONS;
  reason: string;
}

function read(body: Buffer): Said {
  const form = new URLSearchParams(body.toString('utf8'));
  const name = form.get('decision');
  if (name !== 'approve' && name !== 'reject') {
    throw new HttpError(422, 'Please open the link from the e-mail again and use its buttons.');
  }
  // A browser counts and sends an end of line as two characters.
  const reason = (form.get('reason') ?? '').replaceAll('\r\n', '\n').trim();
  return { name, reason: name === 'reject' ? reason : '' };
}

function problemOf(reason: string): string | undefined {
  if (reason === '') return 'Please say why.';
  return reason.length > LONGEST_REASON
    ? `Please use no more than ${LONGEST_REASON} characters.`
    : undefined;
}

const show = (approval: Approval, link: DecisionLink): HttpResult =>
  approval.endedAt === null ? ask(200, approval) : page(200, outcomeOf(approval, link));

/** The question, and again with what is wrong with a reason. */
function ask(statusCode: number, approval: Approval, text?: string): HttpResult {
  const problem = text === undefined ? undefined : problemOf(text);
  return page(statusCode, {
    title: 'Your decision is needed',
    paragraphs: [],
    facts: [...factsOf(approval), ['Decide by', dayAndTime(approval.deadline)]],
    forms: [
      { label: 'Approve', name: 'decision', value: 'approve' },
      {
        label: 'Reject',
        name: 'decision',
        value: 'reject',
        field: {
          name: 'reason',
          label: 'Reason for a rejection',
          maxLength: LONGEST_REASON,
          ...(text !== undefined && { text }),
          ...(problem !== undefined && { problem }),
        },
      },
    ],
  });
}

/** What stands after somebody has posted; 409 when it is not what they said. */
function conclude(approval: Approval, link: DecisionLink, { name }: Said): HttpResult {
  if (approval.endedAt === null) throw new HttpError(409, 'The decision was not taken.');
  const { decision } = approval;
  const isTheirs = decision?.by === link.approver && decision.decision === DECISIONS[name];
  const { title, paragraphs, facts } = outcomeOf(approval, link);
  const counts = isTheirs ? 'You may close this page.' : 'Your decision came too late to count.';
  return page(isTheirs ? 200 : 409, {
    title,
    paragraphs: [...paragraphs, counts],
    ...(facts && { facts }),
  });
}

function outcomeOf(approval: Approval, { approver }: DecisionLink): Page {
  const { decision, endedAt } = approval;
  const facts = factsOf(approval);
  if (!decision) {
    const when = `It expired on ${dayAndTime(endedAt!)}.`;
    return { title: 'Nobody decided in time', paragraphs: [when], facts };
  }
  const { by, at, reason } = decision;
  const who = by === approver ? 'You' : by;
  return {
    title: decision.decision === 'approved' ? 'This was approved' : 'This was rejected',
    paragraphs: [`${who} decided on ${dayAndTime(at)}.`],
    facts: [...facts, ...(reason === undefined ? [] : [['Reason', reason] as const])],
  };
}

const factsOf = ({ id, summary, action }: Approval): NonNullable<Page['facts']> => [
  ['Request', summary],
  ...(action ? [['What follows', followsFrom(action)] as const] : []),
  ['Reference', id],
];

const followsFrom = ({ type, amount, subscription }: ApprovalAction): string =>
  `${type === 'refund' ? 'Refund' : 'Credit'} of ${formatMoney('en', amount)} for ${subscription}`;

const dayAndTime = (instant: Instant): string =>
  `${new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(new Date(instant))} UTC`;

async function known(secrets: Secrets): Promise<readonly string[]> {
  try {
    return await secrets();
  } catch (error) {
    logger.error('the secrets of the links could not be read', error as Error);
    throw new HttpError(503, 'The link cannot be checked right now.');
  }
}
