import { msToTs } from '@temporalio/common/lib/time.js';
import { describe, expect, it } from 'vitest';

import type { Temporal } from '../../functions/shared/temporal-client.ts';
import { Execution } from '../../functions/shared/test-clock/execution.ts';
import type { BillingActivities } from '../../workflows/activities.ts';

const STARTED = 2;
const NOW = msToTs(1_900_000_000_000);

/** A server with one workflow, whose only activity is this one, and the calls that change something. */
function serverWith(activity: object) {
  const calls: [string, unknown][] = [];
  const events = [{ eventId: 1, workflowTaskScheduledEventAttributes: {} }];
  const execution = { workflowId: 'subscription:sub_1', runId: 'run' };
  const workflowService = {
    describeWorkflowExecution: () =>
      Promise.resolve({
        workflowExecutionInfo: { execution, status: 1, historyLength: events.length },
        workflowExtendedInfo: { timeSkippingInfo: { currentTime: NOW } },
        pendingActivities: [activity],
      }),
    getWorkflowExecutionHistory: () => Promise.resolve({ history: { events } }),
    respondActivityTaskFailedById: (request: unknown) =>
      Promise.resolve(void calls.push(['failed', request])),
    updateWorkflowExecutionOptions: (request: unknown) =>
      Promise.resolve(void calls.push(['skipped', request])),
  };
  const temporal = { connection: { workflowService }, namespace: 'default' };
  return { execution: new Execution(temporal as unknown as Temporal, 'sub_1'), calls };
}

const activity = (name: keyof BillingActivities) => ({
  activityId: '7',
  activityType: { name },
  state: STARTED,
  attempt: 1,
});

describe('an activity that is under way', () => {
  it('is waited for', async () => {
    const { execution, calls } = serverWith(activity('charge'));
    expect((await execution.look()).pending).toBe('activities are under way: charge (attempt 1)');
    await execution.skip(1000);
    expect(calls.map(([what]) => what)).toEqual(['skipped']);
  });

  it('is sent into its back-off before time is skipped when it waits for a customer', async () => {
    const { execution, calls } = serverWith(activity('awaitAuthentication'));
    expect(await execution.look()).toMatchObject({ pending: undefined, next: undefined });
    await execution.skip(1000);
    expect(calls.map(([what]) => what)).toEqual(['failed', 'skipped']);
    expect(calls[0]?.[1]).toMatchObject({ workflowId: 'subscription:sub_1', activityId: '7' });
  });
});
