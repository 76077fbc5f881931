import { activityInfo, heartbeat, log } from '@temporalio/activity';
import type { Stripe } from 'stripe';

import type { ReconcileActivities } from '../../workflows/activities.ts';
import type { Command } from '../../workflows/domain/commands.ts';
import type { Projection } from '../../workflows/domain/projection.ts';
import type { ProviderSubscription } from '../../workflows/domain/provider.ts';
import {
  differences,
  NEW_REPORT,
  repairs,
  withRepair,
  withStray,
  type Nightly,
  type ReconcileReport,
} from '../../workflows/domain/reconcile.ts';
import type { Status } from '../../workflows/domain/state.ts';
import { fromStripe } from '../../workflows/domain/stripe.ts';
import { known, patiently, translate } from '../billing/stripe.ts';
import type { ReconcileRecords, RecordsCursor } from './records.ts';

/** Takes commands to the workflow of a subscription, which is started if it does not run. */
export type Tell = (subscription: ProviderSubscription, commands: Command[]) => Promise<void>;

/** What has not ended. */
const LIVE: readonly Status[] = [
  'trialing',
  'active',
  'past_due',
  'unpaid',
  'paused',
  'incomplete',
];
/** As many as Stripe puts on a page. */
const PAGE = 100;
const EXPAND = 'latest_invoice';

/** How far the work has come: heartbeats carry it, and whoever goes on begins here. */
export interface Progress {
  report: ReconcileReport;
  /** The last subscription of the provider's list that was dealt with. */
  after?: string;
  /** Set once the whole list was: where in our own records we are. */
  records?: { status: number; from?: RecordsCursor };
}

/**
 * Compares in two passes: everything that the provider has, and then what is live here without the provider having listed
 * it, of which it is asked one by one.
 */
export class Reconciler implements ReconcileActivities {
  readonly #stripe: Stripe;
  readonly #records: ReconcileRecords;
  readonly #tell: Tell;

  constructor(stripe: Stripe, records: ReconcileRecords, tell: Tell) {
    this.#stripe = stripe;
    this.#records = records;
    this.#tell = tell;
  }

  reconcile = patiently(async (night: Nightly): Promise<ReconcileReport> => {
    const begun = activityInfo().heartbeatDetails as Progress | undefined;
    const progress: Progress = begun ?? { report: NEW_REPORT };
    if (begun) log.info('goes on where it was', { after: begun.after, records: begun.records });
    // Only a shortcut: what is not in it, as an earlier try has listed it, is asked about.
    const listed = new Set<string>();
    if (progress.records === undefined) await this.#compareListed(night, progress, listed);
    await this.#compareUnlisted(night, progress, listed);
    const { report } = progress;
    if (report.strays > 0) log.warn('unknown to the provider', { ids: report.strayIds });
    log.info('reconciled', { ...report, strayIds: undefined });
    return report;
  });

  async #compareListed(
    { name, pageSize: limit = PAGE }: Nightly,
    progress: Progress,
    listed: Set<string>,
  ): Promise<void> {
    for (;;) {
      const { after } = progress;
      const asked = Date.now();
      const page = await this.#stripe.subscriptions.list({
        limit,
        expand: [`data.${EXPAND}`],
        ...(after !== undefined && { starting_after: after }),
      });
      const time = timeBefore(page, asked);
      const projections = await this.#records.findAll(page.data.map(({ id }) => id));
      for (const found of page.data) {
        listed.add(found.id);
        await this.#compare(name, progress, projections.get(found.id), found, time);
      }
      const last = page.data.at(-1);
      if (last) progress.after = last.id;
      heartbeat(progress);
      if (!page.has_more || last === undefined) break;
    }
    progress.records = { status: 0 };
  }

  async #compareUnlisted(
    { name }: Nightly,
    progress: Progress,
    listed: Set<string>,
  ): Promise<void> {
    let { status, from } = progress.records!;
    for (; status < LIVE.length; status += 1, from = undefined) {
      do {
        progress.records = { status, ...(from && { from }) };
        heartbeat(progress);
        const { items, next } = await this.#records.page(LIVE[status]!, from);
        for (const ours of items) {
          if (ours.collection === 'self' || listed.has(ours.id)) continue;
          await this.#askFor(name, progress, ours);
          heartbeat(progress);
        }
        from = next;
      } while (from !== undefined);
    }
  }

  async #askFor(name: string, progress: Progress, ours: Projection): Promise<void> {
    const asked = Date.now();
    const found = await known(this.#stripe.subscriptions.retrieve(ours.id, { expand: [EXPAND] }));
    if (found === null) progress.report = withStray(progress.report, ours.id);
    else await this.#compare(name, progress, ours, found, timeBefore(found, asked));
  }

  async #compare(
    name: string,
    progress: Progress,
    ours: Projection | undefined,
    found: Stripe.Subscription,
    time: number,
  ): Promise<void> {
    progress.report = { ...progress.report, compared: progress.report.compared + 1 };
    const seen = readable(found);
    const fields = seen === undefined ? [] : differences(ours, seen);
    if (fields.length === 0) return;
    const view = (await translate(this.#stripe, found))!;
    await this.#tell(view, repairs(name, ours, view, time));
    progress.report = withRepair(progress.report, { id: found.id, fields });
  }
}

/** One that cannot be read holds up no other. */
function readable(found: Stripe.Subscription): ProviderSubscription | undefined {
  try {
    return fromStripe(found);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    log.warn('cannot be read', { subscription: found.id, reason: error.message });
    return undefined;
  }
}

/** Stripe's own time, in its seconds, when it was asked: by the date of its answer, less the time that this took. */
function timeBefore(
  { lastResponse }: { lastResponse: { headers: Record<string, string> } },
  asked: number,
): number {
  const answered = Date.parse(lastResponse.headers['date'] ?? '');
  const took = Date.now() - asked;
  return Math.floor(((Number.isNaN(answered) ? Date.now() : answered) - took) / 1000);
}
