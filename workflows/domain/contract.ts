import type { Command } from './commands.ts';
import type { Policy } from './policy.ts';
import type { Projection } from './projection.ts';
import type { Request } from './requests.ts';
import type { State, Status } from './state.ts';

/** The task queue of every workflow and activity. */
export const TASK_QUEUE = 'perennial';

/** Workflow types, by the names that servers and histories know. */
export type LifecycleWorkflow = 'trial' | 'subscription';

/** Which workflow runs while a subscription has this status. */
export const workflowFor = (status: Status): LifecycleWorkflow =>
  status === 'trialing' ? 'trial' : 'subscription';

/** The one workflow of a subscription, whichever type runs at the moment. */
export const workflowId = (subscription: string): string => `subscription:${subscription}`;

/** The signal that carries a `Command`. */
export const COMMAND_SIGNAL = 'command';

/** Each request is an update of its type's name (a `Request` in, {@link Updated} out); its id is the caller's idempotency key. */
/** `ifVersion` is the version that the caller has seen: with another one nothing is done. */
export type RequestUpdate = Request & { ifVersion?: number };

/** The query that answers with a {@link Projection}, or null while nothing is known. */
export const STATE_QUERY = 'state';

export type StateQueryResult = Projection | null;

/** The query that answers with all that is known, the customer's address included: for the customer, and for nobody else. */
export const EXPORT_QUERY = 'export';

export type ExportQueryResult = State | null;

/** Custom search attributes, all of type Keyword; set at the start and changed with the status only. */
export const SEARCH_ATTRIBUTES = {
  status: 'SubscriptionStatus',
  customer: 'CustomerId',
  /** Of a job, `<kind>:<status>`. */
  job: 'JobStatus',
} as const;

/** What a lifecycle workflow is started with, and continues as new with. */
export interface LifecycleInput {
  id: string;
  policy?: Policy;
  /** Absent on the very first run. */
  state?: State;
  /** What woke the run before, which is left to this one. */
  inbox?: Command[];
}

/** The answer to an update, given once the projection of this version is written. */
export interface Updated {
  version: number;
}
