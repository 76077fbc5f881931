import { expect, it } from 'vitest';

import { stripeEnvelope } from '../../functions/shared/envelope.ts';
import { parseMessage } from '../../functions/shared/parse.ts';
import { stripeEvent } from '../../local/stripe-events.ts';
import { routeJob } from '../../workflows/domain/job-routes.ts';

const AT = Date.parse('2026-05-01T00:00:00.000Z');
const dispute = {
  id: 'dp_1',
  object: 'dispute',
  amount: 1900,
  currency: 'usd',
  charge: 'ch_1',
  reason: 'fraudulent',
  evidence_details: { due_by: AT / 1000 + 86_400 },
};
const event = (object: object) => stripeEvent('charge.dispute.created', AT, object, 'evt_1');

it('a dispute at Stripe begins the review of its id', () => {
  const envelope = stripeEnvelope(Buffer.from(JSON.stringify(event(dispute))));
  if ('ignored' in envelope) throw new Error('it was ignored');
  const parsed = parseMessage(envelope.body);
  if (!('job' in parsed)) throw new Error(JSON.stringify(parsed));
  expect(routeJob(parsed.job)).toEqual({
    job: 'review',
    id: 'dp_1',
    start: {
      id: 'dp_1',
      requestedAt: '2026-05-01T00:00:00.000Z',
      dispute: 'dp_1',
      charge: 'ch_1',
      amount: { amount: 1900, currency: 'usd' },
      reason: 'fraudulent',
      respondBy: '2026-05-02T00:00:00.000Z',
    },
  });
});

it('one that cannot be read is unusable, with the reason', () => {
  expect(parseMessage(JSON.stringify(event({ ...dispute, amount: '19' })))).toMatchObject({
    unusable: expect.stringContaining('data.object.amount') as string,
  });
});
