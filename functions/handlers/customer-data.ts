import { Hono } from 'hono';

import {
  CHARGE_PREFIX,
  COMMAND_PREFIX,
  EMAIL_PREFIX,
  STATE_ROW,
  TIMELINE_PREFIX,
} from '../../workflows/domain/records.ts';
import { fromMs, type Instant } from '../../workflows/domain/time.ts';
import type { CustomerRows, Redaction, Row } from '../shared/customers/rows.ts';
import type { CustomerWorkflows } from '../shared/customers/workflows.ts';
import { HttpError, problem } from '../shared/http.ts';
import { logger } from '../shared/observability.ts';
import { answerProblems } from '../shared/problems.ts';

interface Dependencies {
  rows: CustomerRows;
  workflows: CustomerWorkflows;
  now?: () => Instant;
}

/** What an erasure has done to one subscription. */
interface Erased {
  id: string;
  records: Redaction;
  /** Histories that Temporal still had, and has been told to delete. */
  histories: number;
  /** What is left to do: to be called again. */
  open?: string;
}

const RUNNING = 'the workflow has not ended yet, and its history holds what it knew';
const DELETING = 'Temporal has been told to delete the histories, which takes it up to a minute';

/** What there is about one customer: all of it in one document, or gone. */
export function createCustomerData({
  rows,
  workflows,
  now = () => fromMs(Date.now()),
}: Dependencies): Hono {
  const app = answerProblems(new Hono());

  const subscriptionsOf = async (customer: string) => {
    const found = await rows.subscriptionsOf(customer);
    if (found.length === 0) throw new HttpError(404, `There is no customer ${customer}.`);
    return found;
  };

  app.get('/api/customers/:id/export', async (context) => {
    const customer = context.req.param('id');
    const found = await subscriptionsOf(customer);
    const subscriptions = await Promise.all(
      found.map(async ({ id }) => ({
        id,
        ...sorted(await rows.rowsOf(id)),
        workflow: await workflows.known(id),
      })),
    );
    const addresses = new Set(
      subscriptions.flatMap(({ workflow }) => workflow?.customer.email ?? []),
    );
    const suppressions = await Promise.all(
      [...addresses].map(async (address) => ({ address, is: await rows.suppressionOf(address) })),
    );
    return context.json({
      customer,
      exportedAt: now(),
      subscriptions,
      suppressions: suppressions.flatMap(({ address, is }) => (is ? [{ address, ...is }] : [])),
    });
  });

  app.post('/api/customers/:id/erase', async (context) => {
    const customer = context.req.param('id');
    const found = await subscriptionsOf(customer);
    const live = found.filter(({ endedAt }) => endedAt === null).map(({ id }) => id);
    if (live.length > 0) {
      const detail = `Subscriptions of the customer live: ${live.join(', ')}. End them first.`;
      const { statusCode, headers, body } = problem(409, detail, { subscriptions: live });
      return context.body(body as string, statusCode as 409, headers as Record<string, string>);
    }
    const subscriptions = await Promise.all(found.map(({ id }) => erase(id, customer)));
    const isComplete = subscriptions.every(({ open }) => open === undefined);
    return context.json({ customer, isComplete, subscriptions }, isComplete ? 200 : 202);
  });

  /** The workflow first, as it writes into the table until it has ended. Everything may be done again. */
  async function erase(id: string, customer: string): Promise<Erased> {
    const erased: Erased = { id, records: { cleared: 0, deleted: 0 }, histories: 0 };
    try {
      const hasEnded = await workflows.erase(id, `erase:${customer}`);
      erased.records = await rows.redact(id);
      erased.histories = await workflows.deleteHistories(id);
      const open = hasEnded ? DELETING : RUNNING;
      return hasEnded && erased.histories === 0 ? erased : { ...erased, open };
    } catch (error) {
      logger.error('erasure failed', { subscription: id, error: error as Error });
      return { ...erased, open: 'something failed, and has been logged' };
    }
  }

  return app;
}

/** The rows of a subscription by what they are. */
function sorted(all: readonly Row[]) {
  const of = (prefix: string): Row[] => all.filter(({ sk }) => sk.startsWith(prefix));
  const known = [STATE_ROW, TIMELINE_PREFIX, EMAIL_PREFIX, CHARGE_PREFIX, COMMAND_PREFIX];
  return {
    state: all.find(({ sk }) => sk === STATE_ROW) ?? null,
    timeline: of(TIMELINE_PREFIX),
    emails: of(EMAIL_PREFIX),
    charges: of(CHARGE_PREFIX),
    commands: of(COMMAND_PREFIX),
    other: all.filter(({ sk }) => !known.some((prefix) => sk.startsWith(prefix))),
  };
}
