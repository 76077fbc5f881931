import { describe, expect, it } from 'vitest';

import { stripeEvent } from '../../local/stripe-events.ts';
import { until } from '../../local/until.ts';
import type { JobView } from '../../workflows/domain/jobs.ts';
import { client, nowMs, provider, trialData, uniqueId } from '../support/stack.ts';

/** A subscription that has just been charged for, and the charge. */
async function charged(name: string) {
  const id = uniqueId(name);
  await client().postEvent('subscription.started', id, trialData(id));
  await client().settled(id, 'active', ({ status }) => status === 'active');
  await until('the receipt', async () => (await client().emails(id)).length === 2);
  const charge = (await provider().charges()).find(({ subscription }) => subscription === id)!;
  return { id, charge };
}

const seen = (review: string, status: string): Promise<JobView> =>
  until(`a review that is ${status}`, async () => {
    const answer = await client().call<JobView>('GET', `/api/reviews/${review}`);
    return answer.status === 200 && answer.body.status === status && answer.body;
  });

describe('a disputed charge', () => {
  it('of Stripe is judged by what is known of it', async () => {
    const { id, charge } = await charged('disputed');
    const dispute = `dp_${id}`;
    const object = {
      id: dispute,
      object: 'dispute',
      charge: charge.id,
      amount: charge.amount,
      currency: charge.currency,
      reason: 'fraudulent',
    };
    const event = stripeEvent('charge.dispute.created', nowMs(), object);
    expect(await client().postStripe(event)).toMatchObject({ status: 200 });
    const view = await seen(dispute, 'decided');
    expect(view).toMatchObject({ verdict: 'contest', reason: 'fraudulent', charge: charge.id });
    expect(view['votes']).toMatchObject([
      { juror: 'refunds', opinion: 'abstain' },
      { juror: 'usage', opinion: 'abstain' },
      { juror: 'receipt', opinion: 'contest' },
      { juror: 'bounce', opinion: 'abstain' },
      { juror: 'amount', opinion: 'contest' },
    ]);
    const types = (view['timeline'] as { type: string }[]).map(({ type }) => type);
    expect(types).toEqual(['review_requested', 'vote', 'vote', 'vote', 'vote', 'vote', 'verdict']);
  });

  it('in a tie waits for people, over HTTP', async () => {
    const { id, charge } = await charged('tied');
    const begun = await client().call<{ id: string }>('POST', '/api/reviews', {
      dispute: `dp_${id}`,
      charge: charge.id,
      jurors: ['receipt', 'amount'],
      amount: { amount: charge.amount + 1, currency: charge.currency },
    });
    expect(begun.status).toBe(202);
    const review = begun.body.id;
    expect(await seen(review, 'waiting')).toMatchObject({ waiting: [{ id: 'decision' }] });
    const path = `/api/reviews/${review}/submit-feedback`;
    expect(
      await client().call('POST', path, { stepId: 'juror:usage', opinion: 'accept' }),
    ).toMatchObject({
      status: 409,
      body: { detail: 'The step juror:usage does not wait for feedback; these do: decision.' },
    });
    expect(await client().call('POST', path, { stepId: 'decision' })).toMatchObject({
      status: 422,
    });
    expect(
      await client().call('POST', path, { stepId: 'decision', opinion: 'accept', by: 'Eve' }),
    ).toMatchObject({ status: 200, body: { status: 'decided', verdict: 'accept' } });
    expect(
      await client().call('POST', path, { stepId: 'decision', opinion: 'accept' }),
    ).toMatchObject({ status: 409 });
    expect(await client().call('GET', '/api/reviews?status=decided&limit=100')).toMatchObject({
      body: { items: expect.arrayContaining([expect.objectContaining({ id: review })]) as object },
    });
  });
});
