import type { EmailType } from './email-types.ts';
import { fingerprint } from './fingerprint.ts';
import type { Collection, Plan } from './state.ts';
import type { Duration, Instant } from './time.ts';

/** What somebody may ask of a subscription and is answered to: each is an update of the workflow, named by its type. */
export type Request =
  | CancelRequest
  | { type: 'uncancel' }
  | PauseRequest
  | ResumeRequest
  | ChangePlanRequest
  | { type: 'cancel_plan_change' }
  | { type: 'change_quantity'; quantity: number; atPeriodEnd?: boolean; prorateAt?: Instant }
  | ExtendTrialRequest
  | { type: 'end_trial' }
  | UpdateContactRequest
  | { type: 'resend_email'; email: EmailType };

export type RequestType = Request['type'];

/** A cancellation: now, when the paid (or trial) period is over, or at an instant. */
export interface CancelRequest {
  type: 'cancel';
  atPeriodEnd?: boolean;
  at?: Instant;
  reason?: string;
}

/** A pause: now, or when the paid period is over; for good, or until an instant. */
export interface PauseRequest {
  type: 'pause';
  atPeriodEnd?: boolean;
  until?: Instant;
}

/** The end of a pause; a period begins now, or the old boundaries are kept. */
export interface ResumeRequest {
  type: 'resume';
  anchor?: 'now' | 'unchanged';
}

/** Another plan: now, with what is left of the old one credited, or when the paid period is over. */
export interface ChangePlanRequest {
  type: 'change_plan';
  plan: Plan;
  quantity?: number;
  atPeriodEnd?: boolean;
  /** The instant that a preview was made for, so that it is charged what the customer has seen. */
  prorateAt?: Instant;
}

/** A later end of the trial: at an instant, or later by so much. */
export interface ExtendTrialRequest {
  type: 'extend_trial';
  trialEnd?: Instant;
  by?: Duration;
}

export interface UpdateContactRequest {
  type: 'update_contact';
  email?: string;
  name?: string;
  locale?: string;
  timezone?: string;
  marketing?: boolean;
}

/** Every request, for handlers and for exhaustive tests. */
export const REQUEST_TYPES = [
  'cancel',
  'uncancel',
  'pause',
  'resume',
  'change_plan',
  'cancel_plan_change',
  'change_quantity',
  'extend_trial',
  'end_trial',
  'update_contact',
  'resend_email',
] as const satisfies readonly RequestType[];

export const isRequest = <C extends { type: string }>(
  command: C,
): command is Extract<C, { type: RequestType }> =>
  (REQUEST_TYPES as readonly string[]).includes(command.type);

/**
 * Tells requests apart: the same for the same request only. What a plan of the provider's costs is the provider's to say, and
 * known only afterwards: it is named by its id.
 */
export const nameOf = (request: Request, collection: Collection): string =>
  fingerprint(
    JSON.stringify(
      request.type === 'change_plan' && collection === 'provider'
        ? { ...request, plan: request.plan.id }
        : request,
    ),
  );
