import { Client } from '@temporalio/client';

import { steer, type Order, type Standing } from '../../tools/schedule/steer.ts';
import { subscriptionEvent } from '../stripe-events.ts';
import { withConnection } from '../temporal/temporal.ts';
import { until } from '../until.ts';
import type { Scenario } from './scenario.ts';

/** Provider mode: a webhook gets lost that nobody was waiting for, and the nightly reconciliation finds out. */
export const reconcile: Scenario = {
  title: 'somebody cancels in Stripe, the webhook gets lost, and the nightly comparison repairs it',
  isAlone: true,
  async play(story) {
    const { client, provider, id, start } = story;
    await client.postStripe(
      subscriptionEvent('customer.subscription.created', {
        id,
        status: 'trialing',
        created: start - 60_000,
        email: 'ada@example.com',
        trialStart: start,
        trialEnd: story.day(14),
      }),
    );
    story.incoming(start, 'customer.subscription.created', 'status trialing, trial of 14 days');
    await story.settle('the trial', 'trialing');

    await provider.silence(id, true);
    await cancelAtStripe(provider.baseUrl, id);
    story.incoming(start, 'cancelled in the dashboard', 'of Stripe, and its webhook gets lost');
    await provider.silence(id, false);

    const { body: environment } = await client.call<Record<string, string>>(
      'GET',
      '/api/environment',
    );
    const order = (wanted: Order): Promise<Standing> =>
      withConnection({ environment }, (connection) => {
        const { TEMPORAL_NAMESPACE: namespace = 'default' } = environment;
        return steer(new Client({ connection, namespace }), wanted);
      });
    const { begun } = await order({ action: 'describe' });
    await order({ action: 'trigger' });
    story.incoming(start, 'npm run schedule -- trigger', 'instead of waiting for the night');
    const report = await until('the reconciliation', async () => {
      const { begun: now, last } = await order({ action: 'describe' });
      return now > begun && last?.report;
    });
    if (!report.repairs.some((repair) => repair.id === id)) {
      throw new Error(`it was not repaired: ${JSON.stringify(report)}`);
    }
    await story.until('cancellation_scheduled');
    await story.forward(15);
    await story.expectEmails('welcome', 'cancellation_scheduled', 'cancelled');
  },
};

async function cancelAtStripe(url: string, id: string): Promise<void> {
  const response = await fetch(`${url}/v1/subscriptions/${id}`, {
    method: 'POST',
    body: new URLSearchParams({ cancel_at_period_end: 'true' }),
  });
  if (!response.ok) throw new Error(`the provider answered ${response.status}`);
}
