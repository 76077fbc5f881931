import { describe, expect, it } from 'vitest';

import { emailsFor } from '../../../workflows/domain/emails.ts';
import { active, FIRST_PERIOD, T0, TRIAL_END, trialing } from '../../support/fixtures.ts';

describe('an e-mail', () => {
  it('tells everything that its text may mention', () => {
    const event = {
      type: 'payment_succeeded',
      at: TRIAL_END,
      invoice: { id: 'in_1', amount: { amount: 1900, currency: 'usd' } },
    } as const;
    expect(emailsFor(event, trialing(), active({ quantity: 2, testClock: 'clock_1' }), T0)).toEqual(
      [
        {
          key: 'converted:sub_1:in_1',
          type: 'converted',
          subscription: 'sub_1',
          at: TRIAL_END,
          to: { id: 'cus_1', email: 'ada@example.com', name: 'Ada', locale: 'en' },
          testClock: 'clock_1',
          data: {
            plan: active().plan,
            hasPaymentMethod: true,
            price: { amount: 3800, currency: 'usd' },
            amount: { amount: 1900, currency: 'usd' },
            trialEnd: TRIAL_END,
            periodEnd: FIRST_PERIOD.end,
          },
        },
      ],
    );
  });

  it('has a key that is made of ids and instants, whatever the language of its recipient', () => {
    const event = { type: 'trial_reminder_due', at: T0, trialEnd: TRIAL_END } as const;
    const keys = ['en', 'de', 'ja'].map((locale) => {
      const state = trialing({ customer: { id: 'cus_1', email: 'a@example.com', locale } });
      return emailsFor(event, state, state, T0)[0]!.key;
    });
    expect(new Set(keys)).toEqual(new Set([`trial_ending:sub_1:${T0}`]));
  });
});
