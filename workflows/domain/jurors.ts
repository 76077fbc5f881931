import type { Money } from './state.ts';
import { toMs, type Instant } from './time.ts';

/** Whoever may sit on a jury; each looks at one thing only. */
export const JURORS = ['refunds', 'usage', 'receipt', 'bounce', 'amount'] as const;

export type Juror = (typeof JURORS)[number];

/** To accept the dispute is to give the money back; to contest it is to object. */
export type Opinion = 'accept' | 'contest';

export interface Finding {
  opinion: Opinion | 'abstain';
  because: string;
}

export interface Vote extends Finding {
  juror: Juror;
}

/** What each juror wants to know. */
export interface Facts {
  /** How many other charges the customer was given back, and whether this one was. */
  refunds: { others: number; isRefunded: boolean };
  /** When the money was taken, and what has happened to the subscription, by type and time. */
  usage: { chargedAt: Instant; endedAt: Instant | null; happened: Happened[] };
  receipt: { chargedAt: Instant; emails: { type: string; at: Instant; status: string }[] };
  bounce: { hasBounced: boolean };
  amount: { charged: Money; usual: Money | null };
}

interface Happened {
  type: string;
  at: Instant;
}

/** What only somebody does who uses the subscription, or pays for it willingly. */
const SIGNS_OF_USE = new Set([
  'plan_changed',
  'payment_method_updated',
  'payment_succeeded',
  'resumed',
  'cancellation_reversed',
]);
const RECEIPTS = new Set(['receipt', 'converted']);
/** A receipt goes out with its charge; clocks differ a little. */
const LEEWAY_MS = 3_600_000;
/** The charge itself is no sign of use, however long its own line took. */
const AFTERMATH_MS = 3_600_000;

const accept = (because: string): Finding => ({ opinion: 'accept', because });
const contest = (because: string): Finding => ({ opinion: 'contest', because });
const abstain = (because: string): Finding => ({ opinion: 'abstain', because });

/** The rules of the jury: facts in, an opinion out. */
export const RULES: { [J in Juror]: (facts: Facts[J]) => Finding } = {
  refunds: ({ others, isRefunded }) => {
    if (isRefunded) return contest('the charge has been given back already');
    return others > 0
      ? contest(`the customer has been given back other charges (${others}), and knows the way`)
      : abstain('nothing was ever given back to the customer');
  },
  usage: ({ chargedAt, endedAt, happened }) => {
    if (endedAt !== null && toMs(endedAt) <= toMs(chargedAt)) {
      return accept('the subscription had ended before the charge');
    }
    const used = happened.find(
      ({ type, at }) => SIGNS_OF_USE.has(type) && toMs(at) > toMs(chargedAt) + AFTERMATH_MS,
    );
    return used
      ? contest(`the subscription was used after the charge (${used.type})`)
      : abstain('nothing shows whether the subscription was used');
  },
  receipt: ({ chargedAt, emails }) =>
    emails.some(
      ({ type, at, status }) =>
        RECEIPTS.has(type) && status === 'sent' && toMs(at) >= toMs(chargedAt) - LEEWAY_MS,
    )
      ? contest('the customer was sent a receipt')
      : accept('no receipt was sent'),
  bounce: ({ hasBounced }) =>
    hasBounced
      ? accept('mail to the customer has bounced')
      : abstain('mail to the customer has not come back'),
  amount: ({ charged, usual }) => {
    if (usual === null) return abstain('there is no plan to compare the amount with');
    return charged.currency === usual.currency && charged.amount <= usual.amount
      ? contest('the amount is no more than the plan costs')
      : accept('the amount is more than the plan costs');
  },
};
