import { expect, it } from 'vitest';

import { Jury, type File } from '../../worker/activities/review.ts';
import { createStripe } from '../../worker/billing/stripe.ts';
import type { Projection } from '../../workflows/domain/projection.ts';
import { asActivity } from '../support/activity.ts';
import { useProvider } from '../support/provider.ts';

const provider = useProvider();

const FILE: File = {
  projection: {
    id: 'sub_1',
    endedAt: null,
    quantity: 2,
    plan: { id: 'pro', price: { amount: 900, currency: 'usd' }, interval: 'month' },
  } as Projection,
  timeline: [
    {
      at: '2026-05-01T00:00:00.000Z',
      type: 'email_feedback',
      feedback: { kind: 'bounce', isPermanent: true },
    },
  ],
  emails: [],
};

/** A jury, and a charge of 18 dollars for `sub_1`. */
function sit(file: File | undefined = FILE) {
  const charge = provider.store.charge({
    customer: 'cus_1',
    subscription: 'sub_1',
    amount: 1800,
    currency: 'usd',
    paymentMethod: 'pm_card_visa',
  });
  const stripe = createStripe({ apiKey: 'sk_test_x', apiBase: provider.url });
  const files = {
    find: (id: string) => Promise.resolve(id === 'sub_1' ? file : undefined),
    idsOfCustomer: () => Promise.resolve(['sub_1']),
  };
  return { jury: new Jury(stripe, files), dispute: { dispute: 'dp_1', charge: charge.id } };
}

it('a juror finds out what it wants to know, and by its rule has an opinion', async () => {
  const { jury, dispute } = sit();
  const ask = async (juror: 'amount' | 'bounce' | 'receipt') =>
    (await asActivity(jury.judge, { dispute, juror })).opinion;
  expect(await ask('amount')).toBe('contest');
  expect(await ask('bounce')).toBe('accept');
  expect(await ask('receipt')).toBe('accept');
});

it('of two items of a plan the amount is twice the price, and no more', async () => {
  const { jury, dispute } = sit();
  const more = { ...dispute, amount: { amount: 1801, currency: 'usd' } };
  const judged = await asActivity(jury.judge, { dispute: more, juror: 'amount' });
  expect(judged.opinion).toBe('accept');
});

it('a charge that nobody knows makes a juror fail, and leaves the analysis to what is known', async () => {
  const { jury } = sit();
  const dispute = { dispute: 'dp_1', charge: 'ch_none', subscription: 'sub_1' };
  await expect(asActivity(jury.judge, { dispute, juror: 'refunds' })).rejects.toThrow('ch_none');
  expect(await asActivity(jury.analyse, dispute)).toMatchObject({
    refunds: 'not known',
    bounce: { hasBounced: true },
  });
});
