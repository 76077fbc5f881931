import { workflowInfo } from '@temporalio/workflow';

import * as activities from './activities.ts';
import type { Nightly, ReconcileReport } from './domain/reconcile.ts';

/**
 * Compares the provider's subscriptions with what is known here, and has repaired what lost webhooks have left behind. A
 * schedule runs it nightly; the activity goes on from its heartbeat wherever it was interrupted.
 */
export async function reconcile(options: Omit<Nightly, 'name'> = {}): Promise<ReconcileReport> {
  return activities.reconcile({ ...options, name: workflowInfo().workflowId });
}
