import type { JobView } from '../../workflows/domain/jobs.ts';
import { stripeEvent } from '../stripe-events.ts';
import { until } from '../until.ts';
import type { Scenario } from './scenario.ts';

/** A charge that its customer disputes at the bank: the jury is in a tie, and two people are asked. */
export const review: Scenario = {
  title: 'a charge is disputed; a jury judges it, and people where the jury cannot',
  async play(story) {
    const { client, provider, id, start } = story;
    const at = new Date(start).toISOString();
    await client.postEvent('subscription.started', id, {
      customer: { id: `cus_${id}`, email: 'ada@example.com', locale: 'en' },
      plan: { id: 'pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
      paymentMethod: 'pm_card_visa',
      collection: 'self',
    });
    story.incoming(at, 'subscription.started', 'collected by ourselves, no trial');
    await story.settle('the first charge', 'active');

    const charge = (await provider.charges()).find(({ subscription }) => subscription === id)!;
    const dispute = `dp_${id}`;
    await client.postStripe(
      stripeEvent('charge.dispute.created', start, {
        id: dispute,
        object: 'dispute',
        charge: charge.id,
        // More than the plan costs: one juror is against us, the one who finds the receipt is for us.
        amount: charge.amount * 2,
        currency: charge.currency,
        reason: 'fraudulent',
        evidence_details: { due_by: start / 1000 + 7 * 86_400 },
      }),
    );
    story.incoming(at, 'charge.dispute.created', 'fraudulent, says the bank');
    const path = `/api/reviews/${dispute}`;
    const seen = (status: string): Promise<JobView> =>
      until(`a review that is ${status}`, async () => {
        const answer = await client.call<JobView>('GET', path);
        return answer.status === 200 && answer.body.status === status && answer.body;
      });

    const tie = await seen('waiting');
    for (const { juror, opinion, because } of tie['votes'] as Record<string, string>[]) {
      story.incoming(tie.updatedAt, `juror ${juror}: ${opinion}`, because);
    }
    for (const { id: stepId } of tie['waiting'] as { id: string }[]) {
      const opinion = stepId === 'juror:usage' ? 'contest' : 'abstain';
      const answer = await client.call('POST', `${path}/submit-feedback`, { stepId, opinion });
      if (answer.status !== 200) throw new Error(`feedback: ${JSON.stringify(answer)}`);
      story.incoming(tie.updatedAt, `feedback to ${stepId}`, opinion);
    }
    const { verdict, updatedAt } = await seen('decided');
    story.incoming(updatedAt, 'the verdict', String(verdict));
    if (verdict !== 'contest') throw new Error(`expected to contest; saw ${String(verdict)}`);
    await story.expectEmails('welcome', 'receipt');
  },
};
