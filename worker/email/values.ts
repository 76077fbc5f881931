import type { Email, EmailData } from '../../workflows/domain/emails.ts';
import { formatMoney } from '../../workflows/domain/format-money.ts';
import type { Money } from '../../workflows/domain/state.ts';
import type { Instant } from '../../workflows/domain/time.ts';
import type { Values } from './catalogue.ts';

/** What a value is when it is not known: texts choose by it, `{retryAt, select, none {…} other {… {retryAt} …}}`. */
export const NONE = 'none';

/** What every text may mention. Those that are `optional` may be {@link NONE}. */
export const VALUES = {
  product: { means: 'the name of your product' },
  plan: { means: 'the id of the plan' },
  period: { means: 'how often is paid, `every month`' },
  hasPaymentMethod: { means: '`yes` if we know what is going to be charged, else `no`' },
  hasAction: { means: '`yes` if the button leads to the payment itself, else `no`' },
  name: { means: 'the name of the customer', optional: true },
  supportEmail: { means: 'where customers write to, from `branding.json`', optional: true },
  price: { means: 'what a period costs', optional: true },
  amount: { means: 'what was paid, or could not be collected', optional: true },
  renewsAt: { means: 'when the next payment is due, unless it ends before', optional: true },
  trialEnd: { means: 'when the trial ends', optional: true },
  periodEnd: { means: 'when the current period ends', optional: true },
  cancelAt: { means: 'when a cancellation takes effect', optional: true },
  endedAt: { means: 'when the subscription ended', optional: true },
  resumesAt: { means: 'when a pause ends by itself', optional: true },
  retryAt: { means: 'when a payment is tried again', optional: true },
  deadline: { means: 'until when a payment has to go through', optional: true },
  previousPlan: { means: 'what was there before a change of plan', optional: true },
  changeAt: { means: 'when a change of plan takes effect, if that lies ahead', optional: true },
  cardExpires: { means: 'the last month of the card, `August 2027`', optional: true },
  reference: { means: 'the number of an order or a request', optional: true },
  summary: { means: 'what was ordered, or is asked for', optional: true },
  reason: { means: 'why, in the words of whoever decided', optional: true },
  decision: { means: '`approved`, `rejected` or `expired`', optional: true },
  headline: { means: 'the headline of an announcement', optional: true },
  body: { means: 'the text of an announcement', optional: true },
} as const satisfies Record<string, { means: string; optional?: true }>;

interface Surroundings {
  product: string;
  supportEmail?: string | undefined;
  hasAction: boolean;
  locale: string;
}

/** The values of an e-mail as its recipient reads them. `period` is a message of its own and is added to them. */
export function valuesOf(
  { at, to, data }: Email,
  { product, supportEmail, hasAction, locale }: Surroundings,
): Omit<Record<keyof typeof VALUES, string>, 'period'> & Values {
  const zone = zoneOf(to.timezone);
  const day = (instant: Instant | undefined): string =>
    instant === undefined
      ? NONE
      : new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: zone }).format(
          new Date(instant),
        );
  const { plan, previousPlan, price, amount } = data;
  return {
    product,
    plan: plan?.id ?? NONE,
    previousPlan: previousPlan && previousPlan.id !== plan?.id ? previousPlan.id : NONE,
    name: to.name || NONE,
    supportEmail: supportEmail ?? NONE,
    price: money(locale, price),
    amount: money(locale, amount),
    hasPaymentMethod: data.hasPaymentMethod ? 'yes' : 'no',
    hasAction: hasAction ? 'yes' : 'no',
    renewsAt: day(renewal(at, data)),
    trialEnd: day(data.trialEnd),
    periodEnd: day(data.periodEnd),
    cancelAt: day(data.cancelAt),
    endedAt: day(data.endedAt),
    resumesAt: day(data.resumesAt),
    retryAt: day(data.retryAt),
    deadline: day(data.deadline),
    changeAt: day(data.changeAt),
    cardExpires: month(locale, data.cardExpires),
    reference: data.reference ?? NONE,
    summary: data.summary ?? NONE,
    reason: data.reason ?? NONE,
    decision: data.decision ?? NONE,
    headline: data.headline ?? NONE,
    body: data.body ?? NONE,
  };
}

/** When is paid next: after the trial, or after the period; nothing of the past, and nothing after the end. */
function renewal(at: Instant, { periodEnd, trialEnd, cancelAt }: EmailData): Instant | undefined {
  const next = periodEnd ?? trialEnd;
  const isAhead = next !== undefined && next > at && (cancelAt === undefined || next < cancelAt);
  return isAhead ? next : undefined;
}

const money = (locale: string, sum: Money | undefined): string =>
  sum === undefined || sum.amount <= 0 ? NONE : formatMoney(locale, sum);

/** The zone in which the recipient reads a date; a name that nobody knows must not keep the mail back. */
function zoneOf(name: string | undefined): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name ?? 'UTC' }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}

function month(locale: string, yearMonth: string | undefined): string {
  if (yearMonth === undefined || !/^\d{4}-(0[1-9]|1[0-2])$/.test(yearMonth)) return NONE;
  const format = new Intl.DateTimeFormat(locale, {
    month: 'long',
    year: 'numeric',
    timeZone: 'UTC',
  });
  return format.format(new Date(`${yearMonth}-01T00:00:00.000Z`));
}
