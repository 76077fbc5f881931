import { dunningEnd, graceEnd, nextRetry } from './dunning.ts';
import { EMAIL_RULES, type EmailType } from './email-types.ts';
import type { DomainEvent } from './events.ts';
import { isPausedTrial, periodBill, priceOf } from './invoice.ts';
import type { JobKind } from './jobs.ts';
import { quietAround } from './quiet.ts';
import { accessOf, hasEnded, type Customer, type Money, type Plan, type State } from './state.ts';
import type { Instant } from './time.ts';

/** One e-mail to be sent, once: `key` names it for ever. */
export interface Email {
  key: string;
  type: EmailType;
  /** What it is about: a subscription, or else a job of `kind`. */
  subscription: string;
  kind?: JobKind;
  /** Lifecycle time: for timers the instant that was due. */
  at: Instant;
  to: Customer;
  testClock?: string;
  /** The end of the recipient's quiet hours, when it has to wait for that. */
  notBefore?: Instant;
  data: EmailData;
}

/** What the texts may mention. */
export interface EmailData {
  /** Of a subscription; jobs have none. */
  plan?: Plan;
  /** The price of a period; zero when it is not known beforehand. */
  price?: Money;
  /** Whether we know what is going to be charged. */
  hasPaymentMethod?: boolean;
  /** What was paid, or could not be collected. */
  amount?: Money;
  trialEnd?: Instant;
  /** When the current period ends, which is when it renews. */
  periodEnd?: Instant;
  cancelAt?: Instant;
  endedAt?: Instant;
  /** When a pause ends by itself. */
  resumesAt?: Instant;
  /** When a payment is tried again. */
  retryAt?: Instant;
  /** When access ends, or all of it, unless a payment goes through. */
  deadline?: Instant;
  /** What was there before a change of plan. */
  previousPlan?: Plan;
  /** When a change of plan takes effect, if that lies ahead. */
  changeAt?: Instant;
  /** The last month of the card, `2027-08`. */
  cardExpires?: string;
  /** Where the customer confirms a payment, or pays an invoice, or decides. */
  actionUrl?: string;
  /** The number of an order or a request, as people call it. */
  reference?: string;
  /** What was ordered, or is asked for, in a few words. */
  summary?: string;
  /** Why, in the words of whoever decided. */
  reason?: string;
  /** When a link to decide ends. */
  expiresAt?: Instant;
  /** What was decided. */
  decision?: 'approved' | 'rejected' | 'expired';
  /** Headline and text of an announcement, as the merchant wrote them. */
  headline?: string;
  body?: string;
}

/** The e-mails that an event calls for, given the state before it and after it; what the merchant has switched off does not go out. */
export function emailsFor(
  event: DomainEvent,
  before: State | undefined,
  after: State,
  now: Instant,
): Email[] {
  const called = callFor(event, before, after, now);
  if (called === undefined || after.policy?.emails?.[called.type] === false) return [];
  const { type, cause, data = {} } = called;
  return [compose(after, { type, key: `${type}:${after.id}:${cause}`, at: event.at }, data, now)];
}

/** An e-mail, and what in the subscription's life it is about: there is one for each. */
interface Call {
  type: EmailType;
  cause: string;
  data?: Partial<EmailData>;
}

const email = (type: EmailType, cause: string, data?: Partial<EmailData>): Call => ({
  type,
  cause,
  ...(data && { data }),
});

function callFor(
  event: DomainEvent,
  before: State | undefined,
  after: State,
  now: Instant,
): Call | undefined {
  switch (event.type) {
    case 'trial_started':
    case 'subscription_started':
      return event.newSince ? email('welcome', event.newSince) : undefined;
    case 'trial_reminder_due':
      return email('trial_ending', event.at);
    case 'payment_succeeded': {
      const { id, amount } = event.invoice;
      const isFirst = before?.converting && !hasEnded(before);
      return email(isFirst ? 'converted' : 'receipt', id, { amount });
    }
    case 'payment_failed': {
      const { invoice, attempt, code } = event;
      const { id, amount } = invoice;
      // Only the customer can help with a payment that has to be confirmed, so they are told each time.
      const cause = attempt === 1 ? id : `${id}:${attempt}`;
      const isNews = attempt === 1 || code === 'authentication_required';
      return isNews
        ? email('payment_failed', cause, { amount, ...dunningData(after, now) })
        : undefined;
    }
    case 'payment_action_required': {
      const { invoice, url, attempt } = event;
      if (hasEnded(after)) return undefined;
      const actionUrl = url ? { actionUrl: url } : {};
      const cause = attempt === undefined ? invoice.id : `${invoice.id}:${attempt}`;
      return email('payment_action_required', cause, { amount: invoice.amount, ...actionUrl });
    }
    case 'dunning_reminder_due':
      return email('payment_failed', event.at, {
        ...openAmount(after),
        ...dunningData(after, now),
      });
    case 'final_notice_due':
      return email('final_notice', event.at, { ...openAmount(after), ...dunningData(after, now) });
    case 'activated':
      return (before?.status === 'past_due' || before?.status === 'unpaid') && !before.isConversion
        ? email('recovered', before.since)
        : undefined;
    case 'renewal_reminder_due':
      return email('renewal_reminder', event.renewsAt);
    case 'card_expiry_due':
      return email('card_expiring', event.card.expires, { cardExpires: event.card.expires });
    case 'cancellation_scheduled':
      return email('cancellation_scheduled', `${event.cancelAt}:${after.version}`);
    case 'cancellation_reversed':
      return email('cancellation_reversed', String(after.version));
    case 'access_revoked':
      return email('access_revoked', event.at);
    case 'unpaid':
      // Retries may be over before the grace period is.
      return before && accessOf(before) !== 'revoked'
        ? email('access_revoked', `unpaid:${'since' in before ? before.since : after.version}`)
        : undefined;
    case 'paused': {
      if (event.cause === 'no_payment_method') return email('trial_expired', 'end');
      const planned = before?.pausing?.at;
      return email('paused', causeOf(event.at, planned, after), resumption(event.until));
    }
    case 'resumed': {
      const planned = before?.status === 'paused' ? before.until : undefined;
      // The mail about the first payment says so as well.
      return isAfterTrial(before) ? undefined : email('resumed', causeOf(event.at, planned, after));
    }
    case 'plan_changed':
    case 'plan_change_scheduled':
      return planChanged(event, before, after);
    case 'ended':
      // Once in a life; its instant is the task's, which may be run again.
      return email(event.cause === 'no_payment_method' ? 'trial_expired' : 'cancelled', 'end');
    case 'win_back_due':
      return email('win_back', event.at);
    case 'found_ended':
    case 'imported':
    case 'trial_changed':
    case 'trial_skipped':
    case 'renewed':
    case 'balance_changed':
    case 'past_due':
    case 'incomplete':
    case 'pause_scheduled':
    case 'schedule_cancelled':
    case 'win_back_dropped':
    case 'customer_updated':
    case 'payment_method_updated':
    case 'card_updated':
    case 'unsubscribed':
    case 'email_resent':
    case 'email_feedback':
    case 'erased':
    case 'test_clock_attached':
    case 'provider_asked':
    case 'ignored':
      return undefined;
    default:
      return event satisfies never;
  }
}

/**
 * What a timer has brought has its instant for a name: should its task be run again, after a message that has come between,
 * the version is another one.
 */
const causeOf = (at: Instant, planned: Instant | undefined, { version }: State): string =>
  at === planned ? at : String(version);

function planChanged(
  event: Extract<DomainEvent, { type: 'plan_changed' | 'plan_change_scheduled' }>,
  before: State | undefined,
  after: State,
): Call {
  const { plan, quantity } = event;
  const changeAt = event.type === 'plan_change_scheduled' ? { changeAt: event.changeAt } : {};
  const previousPlan = before ? { previousPlan: before.plan } : {};
  const price = priceOf({ plan, quantity });
  const data = { plan, price, ...previousPlan, ...changeAt };
  return { type: 'plan_changed', cause: `${plan.id}:${after.version}`, data };
}

/** Whether a pause was the end of a trial, and so its end is the beginning of what is paid for. */
const isAfterTrial = (before: State | undefined): boolean =>
  before?.status === 'paused' && (before.converting === true || isPausedTrial(before));

const resumption = (until: Instant | undefined): Partial<EmailData> | undefined =>
  until ? { resumesAt: until } : undefined;

/** When it is tried again, and when access or all of it ends: only where it is we who decide that. */
function dunningData(state: State, now: Instant): Partial<EmailData> {
  if (state.status !== 'past_due') return {};
  const retryAt = state.collection === 'self' ? nextRetry(state, now) : undefined;
  const deadline = state.revoked ? dunningEnd(state) : graceEnd(state);
  return { deadline, ...(retryAt && { retryAt }) };
}

const openAmount = (state: State): Partial<EmailData> => ({ amount: periodBill(state).amount });

/** Whether an e-mail that had to wait still says what is true. */
export function stillHolds({ type, data }: Email, state: State): boolean {
  switch (type) {
    case 'payment_failed':
    case 'final_notice':
    case 'payment_action_required':
      return ['past_due', 'incomplete', 'unpaid'].includes(state.status);
    case 'access_revoked':
      return accessOf(state) === 'revoked';
    case 'trial_ending':
      return state.status === 'trialing' && !state.cancel;
    case 'renewal_reminder':
      return !hasEnded(state) && !state.cancel;
    case 'card_expiring':
      return !hasEnded(state) && !state.cancel && state.card?.expires === data.cardExpires;
    case 'win_back':
      return hasEnded(state) && state.customer.marketing === true;
    case 'welcome':
    case 'trial_expired':
    case 'converted':
    case 'receipt':
    case 'recovered':
    case 'cancellation_scheduled':
    case 'cancellation_reversed':
    case 'cancelled':
    case 'paused':
    case 'resumed':
    case 'plan_changed':
    case 'order_confirmed':
    case 'order_failed':
    case 'approval_requested':
    case 'approval_reminder':
    case 'approval_decided':
    case 'announcement':
      return true;
    default:
      return type satisfies never;
  }
}

function compose(
  state: State,
  { type, key, at }: Pick<Email, 'type' | 'key' | 'at'>,
  data: Partial<EmailData>,
  now: Instant,
): Email {
  const { plan, trial, cancel, customer, testClock, id } = state;
  const quiet = EMAIL_RULES[type].quiet === 'after' ? quietAround(state, now) : undefined;
  return {
    key,
    type,
    subscription: id,
    at,
    to: customer,
    ...(testClock && { testClock }),
    ...(quiet && { notBefore: quiet.end }),
    data: {
      plan,
      price: priceOf(state),
      hasPaymentMethod: state.paymentMethod !== undefined,
      ...(trial && { trialEnd: trial.end }),
      ...('period' in state && state.period && { periodEnd: state.period.end }),
      ...(cancel && { cancelAt: cancel.at }),
      ...('endedAt' in state && { endedAt: state.endedAt }),
      ...data,
    },
  };
}
