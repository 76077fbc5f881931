import { describe, expect, it } from 'vitest';

import { JURORS, RULES, type Vote } from '../../../workflows/domain/jurors.ts';
import {
  answered,
  closed,
  heard,
  majority,
  statusOf,
  unanswerable,
} from '../../../workflows/domain/review.ts';

const votes = (...opinions: Vote['opinion'][]): Vote[] =>
  opinions.map((opinion, index) => ({ juror: JURORS[index]!, opinion, because: 'told so' }));

describe('the jury', () => {
  it.each([
    [votes('accept', 'accept', 'contest', 'abstain', 'abstain'), 'accept'],
    [votes('contest', 'abstain', 'abstain', 'abstain', 'abstain'), 'contest'],
    [votes('contest', 'accept', 'abstain'), undefined],
    [votes('abstain'), undefined],
  ])('decides by the majority of those who have an opinion', (cast, verdict) => {
    expect(majority(cast)).toBe(verdict);
    expect(heard(cast).verdict).toBe(verdict);
  });
});

describe('a tie', () => {
  const tie = heard(votes('accept', 'contest', 'abstain', 'abstain'));

  it('lets people speak in place of those who had nothing to say', () => {
    expect(tie.waiting.map(({ id }) => id)).toEqual(['juror:receipt', 'juror:bounce']);
    expect(statusOf(tie)).toBe('waiting');
  });

  it('is over when they all have, and there is a majority', () => {
    const once = answered(tie, { stepId: 'juror:receipt', opinion: 'accept', by: 'Ada' });
    expect(once).toMatchObject({ waiting: [{ id: 'juror:bounce' }] });
    expect(once.verdict).toBeUndefined();
    const twice = answered(once, { stepId: 'juror:bounce', opinion: 'abstain' });
    expect(twice).toMatchObject({ waiting: [], verdict: 'accept' });
    expect(twice.votes[2]).toMatchObject({ opinion: 'accept', because: 'Ada says so' });
  });

  it('that they leave as it was is decided by somebody', () => {
    const once = answered(tie, { stepId: 'juror:receipt', opinion: 'accept' });
    const twice = answered(once, { stepId: 'juror:bounce', opinion: 'contest' });
    expect(twice.waiting.map(({ id }) => id)).toEqual(['decision']);
    expect(answered(twice, { stepId: 'decision', opinion: 'contest' }).verdict).toBe('contest');
    expect(answered(twice, { stepId: 'decision', opinion: 'abstain' }).verdict).toBe('undecided');
  });

  it('of jurors who have all spoken is decided by somebody at once', () => {
    const { waiting } = heard(votes('accept', 'contest'));
    expect(waiting.map(({ id }) => id)).toEqual(['decision']);
  });

  it('is a tie when time is up, unless what was said so far has ended it', () => {
    expect(closed(tie).verdict).toBe('undecided');
    const once = answered(tie, { stepId: 'juror:receipt', opinion: 'contest' });
    expect(closed(once).verdict).toBe('contest');
  });

  it('takes answers to steps that wait, and to no others', () => {
    expect(unanswerable(tie, 'juror:receipt')).toBeUndefined();
    expect(unanswerable(tie, 'juror:amount')).toBe(
      'The step juror:amount does not wait for feedback; these do: juror:receipt, juror:bounce.',
    );
    expect(unanswerable(closed(tie), 'juror:receipt')).toBe(
      'The review has already ended (undecided).',
    );
  });
});

describe('a juror', () => {
  const chargedAt = '2026-05-01T00:00:00.000Z';
  const later = '2026-05-03T00:00:00.000Z';

  it.each([
    [RULES.refunds({ others: 0, isRefunded: false }), 'abstain'],
    [RULES.refunds({ others: 2, isRefunded: false }), 'contest'],
    [RULES.refunds({ others: 0, isRefunded: true }), 'contest'],
    [RULES.usage({ chargedAt, endedAt: chargedAt, happened: [] }), 'accept'],
    [RULES.usage({ chargedAt, endedAt: null, happened: [] }), 'abstain'],
    [
      RULES.usage({ chargedAt, endedAt: null, happened: [{ type: 'plan_changed', at: later }] }),
      'contest',
    ],
    [
      RULES.usage({
        chargedAt,
        endedAt: null,
        happened: [{ type: 'payment_succeeded', at: chargedAt }],
      }),
      'abstain',
    ],
    [RULES.receipt({ chargedAt, emails: [] }), 'accept'],
    [
      RULES.receipt({ chargedAt, emails: [{ type: 'receipt', at: chargedAt, status: 'refused' }] }),
      'accept',
    ],
    [
      RULES.receipt({ chargedAt, emails: [{ type: 'converted', at: later, status: 'sent' }] }),
      'contest',
    ],
    [RULES.bounce({ hasBounced: true }), 'accept'],
    [RULES.bounce({ hasBounced: false }), 'abstain'],
    [
      RULES.amount({
        charged: { amount: 1900, currency: 'usd' },
        usual: { amount: 1900, currency: 'usd' },
      }),
      'contest',
    ],
    [
      RULES.amount({
        charged: { amount: 9900, currency: 'usd' },
        usual: { amount: 1900, currency: 'usd' },
      }),
      'accept',
    ],
    [RULES.amount({ charged: { amount: 1900, currency: 'usd' }, usual: null }), 'abstain'],
  ])('of %j', (finding, opinion) => {
    expect(finding.opinion).toBe(opinion);
  });
});
