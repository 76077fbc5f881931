import { describe, expect, it } from 'vitest';

import {
  begin,
  changeOf,
  nextDue,
  refusal,
  settle,
  viewOf,
  whatIsDue,
  type ApprovalInput,
  type ApprovalState,
  type Decision,
} from '../../../workflows/domain/approval.ts';
import { addDuration } from '../../../workflows/domain/time.ts';
import { T0 } from '../../support/fixtures.ts';

const request = (more: Partial<ApprovalInput> = {}): ApprovalInput => ({
  id: 'apr_1',
  requestedAt: T0,
  summary: 'A refund',
  approver: { id: 'ann', email: 'ann@example.com' },
  ...more,
});

const bob = { id: 'bob', email: 'bob@example.com' };
const yes: Decision = { decision: 'approved', by: 'ann' };
const no: Decision = { decision: 'rejected', by: 'ann', reason: 'too much' };
const after = (duration: string): string => addDuration(T0, duration);
const begun = (more: Partial<ApprovalInput> = {}): ApprovalState => begin(request(more), T0).state;

describe('the time to decide', () => {
  it.each([
    ['two days unless said otherwise', {}, 'PT24H', 'PT48H'],
    ['three days, with a reminder a day before', { limit: 'PT72H' }, 'PT48H', 'PT72H'],
    ['little, with a reminder at half of it', { limit: 'PT10S' }, 'PT5S', 'PT10S'],
    ['as it is asked for', { limit: 'P10D', reminder: 'P3D' }, 'P7D', 'P10D'],
    ['longer than the reminder is before it', { limit: 'PT1H', reminder: 'P1D' }, 'PT30M', 'PT1H'],
  ])('is %s', (_, more, reminder, limit) => {
    const state = begun(more);
    expect(nextDue(state)).toBe(after(reminder));
    const { state: reminded, emails } = whatIsDue(state, after(reminder));
    expect(emails).toMatchObject([{ type: 'approval_reminder', at: after(reminder) }]);
    expect(nextDue(reminded)).toBe(after(limit));
    expect(whatIsDue(reminded, after(limit)).state.status).toBe('expired');
  });

  it('is not announced any more when it is over', () => {
    const { state, emails } = whatIsDue(begun(), after('P9D'));
    expect(state).toMatchObject({ status: 'expired', endedAt: after('PT48H') });
    expect(emails).toEqual([]);
    expect(nextDue(state)).toBeUndefined();
  });
});

describe('when the limit passes', () => {
  it('the next one is asked, has as long, is reminded, and then it is over', () => {
    const first = begun({ escalateTo: bob });
    const { state, emails, lines } = whatIsDue(first, after('PT48H'));
    expect(lines).toMatchObject([{ type: 'escalated', approver: 'bob', at: after('PT48H') }]);
    expect(emails).toMatchObject([{ type: 'approval_requested', to: bob }]);
    expect(state).toMatchObject({ status: 'escalated', deadline: after('PT96H') });
    const reminded = whatIsDue(state, after('PT72H'));
    expect(reminded.emails).toMatchObject([{ type: 'approval_reminder', to: bob }]);
    const over = whatIsDue(reminded.state, after('PT96H')).state;
    expect(viewOf(over)).toMatchObject({ status: 'expired', approver: 'bob' });
  });

  it('the next one has a time of their own when it is given', () => {
    const first = begun({ escalateTo: bob, escalationLimit: 'PT12H' });
    expect(first.expiresAt).toBe(after('PT60H'));
    expect(whatIsDue(first, after('PT50H')).state.deadline).toBe(after('PT62H'));
  });

  it('either of the two may still decide', () => {
    const { state } = whatIsDue(begun({ escalateTo: bob, approvers: ['cy'] }), after('PT48H'));
    for (const by of ['ann', 'bob', 'cy']) expect(refusal(state, { ...yes, by })).toBeUndefined();
  });
});

describe('a decision', () => {
  it.each([
    ['approved', yes],
    ['rejected', no],
  ])('ends it: %s', (status, decision) => {
    const { state, lines } = settle(begun(), decision, after('PT1H'));
    expect(viewOf(state)).toMatchObject({
      status,
      version: 2,
      endedAt: after('PT1H'),
      decision: { ...decision, at: after('PT1H') },
    });
    expect(lines).toMatchObject([{ type: status, by: 'ann' }]);
    expect(nextDue(state)).toBeUndefined();
  });

  it('is told to whoever asked for it, if they have an address', () => {
    const requester = { id: 'cus_1', email: 'eve@example.com', locale: 'de' };
    const [email] = settle(begun({ requester }), no, T0).emails;
    expect(email).toMatchObject({
      type: 'approval_decided',
      to: requester,
      data: { decision: 'rejected', reason: 'too much', reference: 'apr_1' },
    });
    expect(settle(begun({ requester: { id: 'cus_1' } }), no, T0).emails).toEqual([]);
    const late = whatIsDue(begun({ requester }), after('P3D'));
    expect(late.emails).toMatchObject([{ data: { decision: 'expired' } }]);
  });

  it('counts once: a second one is only kept', () => {
    const { state } = settle(begun(), yes, T0);
    const second = settle(state, { ...no, by: 'bob' }, after('PT1S'));
    expect(second.state).toMatchObject({ status: 'approved', decision: { by: 'ann' } });
    expect(second.lines).toMatchObject([
      { type: 'decision_ignored', decision: 'rejected', by: 'bob', reason: 'too much' },
    ]);
    expect(second.lines[0]!['ignored']).toMatch(/already been approved by ann/);
    expect(second.emails).toEqual([]);
  });

  it.each([
    ['after the end', () => whatIsDue(begun(), after('P3D')).state, yes, /Nobody decided in time/],
    [
      'of somebody who is not listed',
      () => begun({ approvers: ['cy'] }),
      { ...yes, by: 'mallory' },
      /mallory is not among those who may decide/,
    ],
    ['of nobody', begun, { decision: 'approved' } as Decision, /`by` is the id/],
    ['against it without a reason', begun, { ...no, reason: ' ' }, /`reason` is missing/],
  ])('%s does not count', (_, given, decision, reason) => {
    const state = given();
    expect(refusal(state, decision)).toMatch(reason);
    expect(settle(state, decision, after('P4D')).state.status).toBe(state.status);
  });

  it('of anybody counts when nobody is listed', () => {
    expect(refusal(begun(), { ...yes, by: 'whoever' })).toBeUndefined();
  });
});

it('what readers see has no address in it', () => {
  const step = begin(
    request({ escalateTo: bob, requester: { id: 'cus_1', email: 'eve@example.com' } }),
    T0,
  );
  expect(JSON.stringify(changeOf(step))).not.toContain('@');
});
