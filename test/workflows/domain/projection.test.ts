import { describe, expect, it } from 'vitest';

import { project, timelineEntry } from '../../../workflows/domain/projection.ts';
import {
  active,
  day,
  ended,
  FIRST_PERIOD,
  pastDue,
  T0,
  TRIAL_END,
  trialing,
} from '../../support/fixtures.ts';

describe('the projection', () => {
  it('of a trial', () => {
    expect(project(trialing(), T0)).toEqual({
      id: 'sub_1',
      customer: 'cus_1',
      status: 'trialing',
      access: 'granted',
      plan: trialing().plan,
      quantity: 1,
      collection: 'self',
      livemode: false,
      trialEnd: TRIAL_END,
      currentPeriodStart: T0,
      currentPeriodEnd: TRIAL_END,
      cancelAt: null,
      pause: null,
      planChange: null,
      balance: 0,
      zone: null,
      anchor: null,
      policyVersion: null,
      apiVersion: null,
      endedAt: null,
      testClock: null,
      nextAction: { type: 'trial_reminder', at: day(7) },
      version: 1,
      updatedAt: T0,
    });
  });

  it.each([
    ['active', active(), 'granted'],
    ['past due within its grace', pastDue(), 'grace'],
    ['past due beyond it', pastDue({ revoked: true }), 'revoked'],
    ['ended', ended(), 'revoked'],
  ])('of one that is %s says whether it may be used', (_, state, access) => {
    expect(project(state, day(50))).toMatchObject({ access });
  });

  it('of one that is set to end names the end as its next action', () => {
    const state = active({ cancel: { at: FIRST_PERIOD.end } });
    expect(project(state, day(20))).toMatchObject({
      cancelAt: FIRST_PERIOD.end,
      nextAction: { type: 'cancel', at: FIRST_PERIOD.end },
    });
  });
});

describe('the timeline', () => {
  it('holds no personal data', () => {
    const entries = [
      timelineEntry({ type: 'trial_started', at: T0, subscription: trialing(), newSince: T0 }),
      timelineEntry({ type: 'customer_updated', at: T0, customer: trialing().customer }),
    ];
    expect(JSON.stringify(entries)).not.toMatch(/ada|example\.com/i);
  });
});
