import { createHash } from 'node:crypto';

import type * as z from 'zod';

import { CLOUD_EVENTS } from '../../functions/shared/cloud-events.ts';
import type { Command } from '../../workflows/domain/commands.ts';
import { due, type Due } from '../../workflows/domain/due.ts';
import { open } from '../../workflows/domain/open.ts';
import type { Policy } from '../../workflows/domain/policy.ts';
import { route } from '../../workflows/domain/routes.ts';
import { hasEnded, type Plan, type State } from '../../workflows/domain/state.ts';
import { isDue, type Instant } from '../../workflows/domain/time.ts';
import { FIELDS, nameOf } from './columns.ts';
import type { Row } from './rows.ts';

/** A message as it is sent. */
export interface Message {
  specversion: '1.0';
  id: string;
  source: string;
  type: 'subscription.imported';
  time: Instant;
  subject: string;
  data: object;
}

/** What would become of one row. */
export interface Verdict {
  line: number;
  /** Whatever stands in the place of the id, unless it might be anything else. */
  subscription: string;
  kind: 'ready' | 'skipped' | 'unusable';
  /** Why it is not ready. */
  reason?: string;
  /** What somebody should look at before it is sent. */
  warnings: string[];
  message?: Message;
  state?: State;
  next?: Due | undefined;
}

interface Surroundings {
  now: Instant;
  /** What every subscription of the installation does otherwise than by default. */
  policy: Policy;
  isCsv: boolean;
}

const SOURCE = '/import';
/** Less than any card is charged, so that it is rather dollars that were taken for cents. */
const SUSPICIOUSLY_LITTLE = 50;

/** Judges the rows of one source, which have to be different subscriptions. Sends nothing and asks nobody. */
export function createJudge(around: Surroundings): (row: Row) => Verdict {
  const lines = new Map<string, number>();
  return (row) => {
    const verdict = judge(row, around);
    if (verdict.message === undefined) return verdict;
    const { subject } = verdict.message;
    const earlier = lines.get(subject);
    if (earlier === undefined) {
      lines.set(subject, row.line);
      return verdict;
    }
    const { message: _, ...rest } = verdict;
    return { ...rest, kind: 'unusable', reason: `it is in line ${earlier} already` };
  };
}

function judge(row: Row, { now, policy, isCsv }: Surroundings): Verdict {
  const { line, subscription: id, data, unreadable, seen } = row;
  const subscription = typeof id === 'string' && /^[\w.:-]{1,100}$/.test(id) ? id : '?';
  const base = { line, subscription, warnings: [] };
  const unusable = (reason: string): Verdict => ({ ...base, kind: 'unusable', reason });
  if (unreadable !== undefined) return unusable(unreadable);
  if (HAS_ENDED.has(data['status'])) return { ...base, kind: 'skipped', reason: 'it has ended' };

  const misspelt = unknownFields(data);
  if (misspelt.length > 0) return unusable(`not known: ${misspelt.join(', ')}`);
  const message = messageOf(subscription === '?' ? id : subscription, data, now, seen);
  const parsed = CLOUD_EVENTS['subscription.imported'].safeParse(message);
  if (!parsed.success) return unusable(complaints(parsed.error, isCsv));

  const told = route(parsed.data);
  const [command] = told.commands as [Extract<Command, { type: 'import' }>];
  const { cancelAt } = parsed.data.data;
  if (cancelAt !== undefined && isDue(cancelAt, now)) {
    const name = nameOf('cancelAt', isCsv);
    return { ...base, kind: 'skipped', reason: `it has ended: ${name} is ${cancelAt}` };
  }
  const wanted = { ...command, policy: { ...policy, ...command.policy } };
  const found = seen === undefined ? {} : { subscription: seen };
  const decision = open(subscription, wanted, found, now);
  if (decision.unusable !== undefined) return unusable(decision.unusable);
  const [first] = decision.events;
  if (first === undefined || !('subscription' in first)) return unusable('nothing comes of it');
  const { subscription: state } = first;
  if (hasEnded(state)) return { ...base, kind: 'skipped', reason: 'it has ended' };
  const next = due(state, now);
  return {
    ...base,
    kind: 'ready',
    message: message as Message,
    state,
    next,
    warnings: warningsOf(state, next, now, seen !== undefined),
  };
}

const HAS_ENDED = new Set<unknown>(['canceled', 'cancelled', 'incomplete_expired', 'ended']);

/** The same content always has the same id, so that sent twice it is taken once. */
function messageOf(
  subject: unknown,
  data: Record<string, unknown>,
  time: Instant,
  seen: Row['seen'],
): Record<keyof Message, unknown> {
  // Stripe is asked for everything else, and by then may say something newer.
  const content = seen === undefined ? canonical(data) : [seen.customer.id];
  const hash = createHash('sha256')
    .update(JSON.stringify([subject, content]))
    .digest('hex');
  const id = `import_${hash.slice(0, 40)}`;
  return {
    specversion: '1.0',
    id,
    source: SOURCE,
    type: 'subscription.imported',
    time,
    subject,
    data,
  };
}

function canonical(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(canonical);
  return Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, field]) => [key, canonical(field)]);
}

/** A misspelt field would otherwise be left out in silence. */
function unknownFields(data: Record<string, unknown>, prefix = ''): string[] {
  return Object.entries(data).flatMap(([name, value]) => {
    const path = `${prefix}${name}`;
    if (FIELDS.includes(path)) return [];
    const isNested = FIELDS.some((field) => field.startsWith(`${path}.`));
    if (!isNested) return [path];
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? unknownFields(value as Record<string, unknown>, `${path}.`)
      : [];
  });
}

/** Where it is wrong, by the names that the file has, and what; never the value. */
const complaints = ({ issues }: z.ZodError, isCsv: boolean): string =>
  issues
    .map(({ path, message }) => {
      const field = (path[0] === 'data' ? path.slice(1) : path).join('.');
      const name = field === 'subject' ? 'subscription' : nameOf(field, isCsv);
      const hint = field === 'plan.price.amount' ? ' (amounts are in cents: 1900, not 19.00)' : '';
      return `${name}: ${message}${hint}`;
    })
    .join('; ');

function warningsOf(
  state: State,
  next: Due | undefined,
  now: Instant,
  isAskedFor: boolean,
): string[] {
  const { plan, customer, collection, paymentMethod, quantity } = state;
  const { amount } = plan.price;
  const total = amount * quantity;
  const isOurs = collection === 'self';
  const warnings: string[] = [];
  if (amount === 0 && isOurs) warnings.push('it costs nothing');
  if (total > 0 && total < SUSPICIOUSLY_LITTLE && isOurs && !isZeroDecimal(plan)) {
    warnings.push(`it costs ${total} of the smallest unit: is the amount in cents?`);
  }
  if (customer.email === undefined && isOurs) warnings.push('without an address it gets no mail');
  if (paymentMethod === undefined && isOurs && total > 0) {
    warnings.push("without a payment method the customer's default at Stripe is charged");
  }
  if (next === undefined && state.status !== 'paused') warnings.push('nothing is ever due');
  if (next !== undefined && isDue(next.at, now)) {
    const why = isAskedFor ? 'Stripe is asked at once' : 'happens at once';
    warnings.push(`overdue: ${next.type} of ${next.at} ${why}`);
  }
  return warnings;
}

const isZeroDecimal = ({ price }: Plan): boolean =>
  new Intl.NumberFormat('en', {
    style: 'currency',
    currency: price.currency,
  }).resolvedOptions().maximumFractionDigits === 0;
