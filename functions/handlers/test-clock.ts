import { Hono } from 'hono';
import * as z from 'zod';

import { COMMAND_SIGNAL, workflowId } from '../../workflows/domain/contract.ts';
import { addDuration, fromMs, toMs, type Instant } from '../../workflows/domain/time.ts';
import { duration, instant } from '../shared/fields.ts';
import { HttpError } from '../shared/http.ts';
import { answerProblems, bodyAs } from '../shared/problems.ts';
import type { Records, SubscriptionRecord } from '../shared/records.ts';
import { grpcCode, type Temporal, type TemporalGateway } from '../shared/temporal-client.ts';
import { advanceTo, nextInstant, settle, type Clock } from '../shared/test-clock/advance.ts';
import { Execution } from '../shared/test-clock/execution.ts';
import type { ClockHooks } from '../shared/test-clock/hooks.ts';
import type { ClockLock } from '../shared/test-clock/lock.ts';

interface Dependencies {
  records: Pick<Records, 'find'>;
  temporal: TemporalGateway;
  hooks: ClockHooks;
  lock: ClockLock;
  /** Whether a subscription in live mode may be moved; never in AWS. */
  allowLive: boolean;
}

const request = z
  .strictObject({
    advance: duration.exactOptional(),
    to: instant.exactOptional(),
    toNext: z.literal(true).exactOptional(),
  })
  .refine((body) => Object.keys(body).length === 1, 'takes one of advance, to and toNext');

type Request = z.output<typeof request>;

/** Longest time that one advance may take in all. */
const ADVANCE_MS = 840_000;
const UNIMPLEMENTED = 12;

/** The test clock of one subscription: takes it to an instant and answers once everything due has run and settled. */
export function createTestClock({ records, temporal, hooks, lock, allowLive }: Dependencies): Hono {
  const app = answerProblems(new Hono());

  const existing = async (id: string): Promise<SubscriptionRecord> => {
    const found = await records.find(id);
    if (found === undefined) throw new HttpError(404, `There is no subscription ${id}.`);
    return found;
  };

  app.post('/api/subscriptions/:id/clock', async (context) => {
    const id = context.req.param('id');
    const wanted = await bodyAs(context, request);
    const before = await existing(id);
    if (before.livemode && !allowLive) {
      throw new HttpError(409, 'A subscription in live mode has no test clock.');
    }
    const now = await lock(id, (onHop) =>
      within(temporal, async (gateway) => {
        const execution = new Execution(gateway, id);
        const groups = [id, before.customer];
        const clock = { subscription: id, groups, execution, hooks, onHop };
        return move(gateway, clock, wanted, before);
      }),
    );
    return context.json({ now, nextAction: (await existing(id)).nextAction });
  });

  return app;
}

/** Returns where the clock stands then. */
async function move(
  temporal: Temporal,
  clock: Clock,
  wanted: Request,
  { testClock, endedAt, nextAction }: SubscriptionRecord,
): Promise<Instant> {
  if (endedAt !== null && nextAction === null) return endedAt;
  const start = await settle(clock);
  const target = wanted.toNext
    ? await nextInstant(clock)
    : (wanted.to ?? addDuration(fromMs(start.now), wanted.advance!));
  if (target === undefined) return fromMs(start.now);
  if (toMs(target) < start.now) {
    throw new HttpError(422, `A clock does not go back: it stands at ${fromMs(start.now)}.`);
  }
  if (testClock === null) {
    await attach(temporal, clock.subscription);
    await settle(clock);
  }
  const end = await advanceTo(clock, target);
  return fromMs(end.isClosed ? Math.min(end.now, toMs(target)) : end.now);
}

/** Says so once in the subscription itself, so that everything that follows carries it. */
async function attach({ client }: Temporal, subscription: string): Promise<void> {
  const clock = `clock_${subscription}`;
  await client
    .getHandle(workflowId(subscription))
    .signal(COMMAND_SIGNAL, { type: 'attach_clock', eventId: clock, clock });
}

async function within<T>(
  gateway: TemporalGateway,
  work: (temporal: Temporal) => Promise<T>,
): Promise<T> {
  try {
    return await gateway.within(ADVANCE_MS, work);
  } catch (error) {
    if (grpcCode(error) !== UNIMPLEMENTED) throw error;
    throw new HttpError(
      409,
      'This Temporal server cannot skip the time of one workflow: it needs frontend.WorkflowTimeSkippingEnabled.',
    );
  }
}
