import { due, type Due } from './due.ts';
import type { DomainEvent } from './events.ts';
import {
  accessOf,
  hasEnded,
  type Access,
  type Collection,
  type Plan,
  type PlanChange,
  type State,
} from './state.ts';
import type { Status } from './state.ts';
import type { Instant } from './time.ts';

/** What readers see of a subscription; written after every change, so that a read never wakes a worker. */
export interface Projection {
  id: string;
  customer: string;
  status: Status;
  access: Access;
  plan: Plan;
  quantity: number;
  collection: Collection;
  livemode: boolean;
  trialEnd: Instant | null;
  currentPeriodStart: Instant | null;
  currentPeriodEnd: Instant | null;
  cancelAt: Instant | null;
  /** A pause that is to begin, or has begun; `until` is when it ends by itself. */
  pause: { at: Instant; until: Instant | null } | null;
  /** A plan that is to follow. */
  planChange: PlanChange | null;
  /** What we owe the customer, in minor units of the plan's currency. */
  balance: number;
  /** IANA name of the zone whose calendar periods follow, or null for UTC. */
  zone: string | null;
  /** Every boundary is counted from here. */
  anchor: Instant | null;
  policyVersion: string | null;
  /** Stripe's API version of the last event applied. */
  apiVersion: string | null;
  endedAt: Instant | null;
  testClock: string | null;
  nextAction: Due | null;
  version: number;
  /** Lifecycle time of the last change. */
  updatedAt: Instant;
}

/** One line of a subscription's history, for people. */
export interface TimelineEntry {
  at: Instant;
  type: string;
  [detail: string]: unknown;
}

export function project(state: State, now: Instant): Projection {
  const { id, customer, status, plan, quantity, collection, livemode, trial, cancel } = state;
  const period = 'period' in state ? state.period : trial;
  return {
    id,
    customer: customer.id,
    status,
    access: accessOf(state),
    plan,
    quantity,
    collection,
    livemode,
    trialEnd: trial?.end ?? null,
    currentPeriodStart: period?.start ?? null,
    currentPeriodEnd: period?.end ?? null,
    cancelAt: cancel?.at ?? null,
    pause: pauseOf(state),
    planChange: state.change ?? null,
    balance: state.balance ?? 0,
    zone: state.zone ?? null,
    anchor: 'anchor' in state ? state.anchor : null,
    policyVersion: state.policy?.version ?? null,
    apiVersion: state.apiVersion ?? null,
    endedAt: hasEnded(state) ? state.endedAt : null,
    testClock: state.testClock ?? null,
    nextAction: due(state, now) ?? null,
    version: state.version,
    updatedAt: now,
  };
}

function pauseOf(state: State): Projection['pause'] {
  const { pausing } = state;
  if (state.status === 'paused') return { at: state.since, until: state.until ?? null };
  return pausing ? { at: pausing.at, until: pausing.until ?? null } : null;
}

/** The line that an event leaves; personal data stays out of it. */
export function timelineEntry(event: DomainEvent): TimelineEntry {
  switch (event.type) {
    case 'trial_started':
    case 'subscription_started':
    case 'found_ended':
    case 'imported': {
      const { at, type, subscription } = event;
      return { at, type, status: subscription.status, plan: subscription.plan.id };
    }
    case 'customer_updated':
      return { at: event.at, type: event.type };
    case 'payment_action_required': {
      // Whoever has the address can pay there.
      const { url: _url, ...entry } = event;
      return entry;
    }
    default:
      return { ...event };
  }
}
