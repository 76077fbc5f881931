import type { EmailType } from './email-types.ts';
import type { DomainEvent } from './events.ts';
import type { Customer, Money, Plan, State } from './state.ts';
import type { Instant } from './time.ts';

/** One e-mail to be sent, once: `key` names it for ever. */
export interface Email {
  key: string;
  type: EmailType;
  subscription: string;
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
  plan: Plan;
  /** The price of a period; zero when it is not known beforehand. */
  price: Money;
  /** Whether we know what is going to be charged. */
  hasPaymentMethod: boolean;
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
  /** Where the customer confirms a payment, or pays an invoice. */
  actionUrl?: string;
}

/** The e-mails that an event calls for, given the state before it and after it. */
export function emailsFor(event: DomainEvent, before: State | undefined, after: State): Email[] {
  const email = (type: EmailType, cause: string, data: Partial<EmailData> = {}): Email[] => [
    compose(after, { type, key: `${type}:${after.id}:${cause}`, at: event.at }, data),
  ];
  switch (event.type) {
    case 'trial_started':
    case 'subscription_started':
      return event.newSince ? email('welcome', event.newSince) : [];
    case 'trial_reminder_due':
      return email('trial_ending', event.at);
    case 'payment_succeeded': {
      const { id, amount } = event.invoice;
      return email(before?.converting ? 'converted' : 'receipt', id, { amount });
    }
    case 'payment_failed': {
      const { id, amount } = event.invoice;
      return event.attempt === 1 ? email('payment_failed', id, { amount }) : [];
    }
    case 'activated':
      return before?.status === 'past_due' && !before.isConversion
        ? email('recovered', before.since)
        : [];
    case 'cancellation_scheduled':
      return email('cancellation_scheduled', `${event.cancelAt}:${after.version}`);
    case 'cancellation_reversed':
      return email('cancellation_reversed', String(after.version));
    case 'access_revoked':
      return email('access_revoked', event.at);
    case 'ended':
      // Once in a life; its instant is the task's, which may be run again.
      return email(event.cause === 'no_payment_method' ? 'trial_expired' : 'cancelled', 'end');
    case 'found_ended':
    case 'trial_changed':
    case 'renewed':
    case 'past_due':
    case 'incomplete':
    case 'suspended':
    case 'plan_changed':
    case 'customer_updated':
    case 'payment_method_updated':
    case 'test_clock_attached':
    case 'provider_asked':
    case 'ignored':
      return [];
    default:
      return event satisfies never;
  }
}

function compose(
  state: State,
  { type, key, at }: Pick<Email, 'type' | 'key' | 'at'>,
  data: Partial<EmailData>,
): Email {
  const { plan, quantity, trial, cancel, customer, testClock, id } = state;
  const { amount, currency } = plan.price;
  return {
    key,
    type,
    subscription: id,
    at,
    to: customer,
    ...(testClock && { testClock }),
    data: {
      plan,
      price: { amount: amount * quantity, currency },
      hasPaymentMethod: state.paymentMethod !== undefined,
      ...(trial && { trialEnd: trial.end }),
      ...('period' in state && state.period && { periodEnd: state.period.end }),
      ...(cancel && { cancelAt: cancel.at }),
      ...('endedAt' in state && { endedAt: state.endedAt }),
      ...data,
    },
  };
}
