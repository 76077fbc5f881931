import { cardError, invalid, missing, ok, text, type Answer, type Form } from './answers.ts';
import { AUTHENTICATION_REQUIRED, isBankAccount } from './cards.ts';
import { nowOf, paid, type Happening } from './simulation.ts';
import type { Account, Payment, Refund, Store } from './store.ts';

/** Minor units, about as Stripe has it. */
const LEAST_AMOUNT = 50;

/** Takes money from a saved card while its holder is away. */
export function pay(store: Store, form: Form): Answer {
  const paymentMethod = text(form['payment_method']);
  if (!store.knowsPaymentMethod(paymentMethod)) {
    return missing('PaymentMethod', paymentMethod, 'payment_method');
  }
  const [amount, currency] = [Number(form['amount']), text(form['currency'])];
  if (amount < LEAST_AMOUNT) {
    return invalid('Amount must be at least 50 cents.', { code: 'amount_too_small' });
  }
  const metadata = (form['metadata'] ?? {}) as Record<string, string>;
  const customer = text(form['customer']);
  if (isBankAccount(paymentMethod)) {
    const of = { amount, currency, customer, payment_method: paymentMethod, metadata };
    return ok(shown(store.begin(of), form));
  }
  const charge = store.charge({
    customer,
    subscription: metadata['subscription'] ?? null,
    amount,
    currency,
    paymentMethod,
  });
  const payment = store.keep(charge, metadata);
  return charge.declineCode === null
    ? ok(shown(payment, form))
    : cardError(charge.declineCode, { payment_intent: shown(payment, form) });
}

/** A payment as the API shows it: the charge in full only to those who ask for it. */
export const shown = (payment: Payment, { expand }: Form): object =>
  Array.isArray(expand) && expand.includes('latest_charge')
    ? payment
    : { ...payment, latest_charge: payment.latest_charge?.id ?? null };

export function listPayments(store: Store, form: Form): Answer {
  const all = [...store.payments.values()].filter(({ customer }) => customer === form['customer']);
  return ok({
    object: 'list',
    url: '/v1/payment_intents',
    has_more: false,
    data: all.toReversed().map((payment) => shown(payment, form)),
  });
}

export function cancelPayment(store: Store, id: string): Answer {
  const payment = store.payments.get(id);
  if (payment === undefined) return missing('payment_intent', id);
  // A debit that the bank has can be taken back only in rare cases, which this is none of.
  if (payment.status !== 'requires_payment_method') {
    return invalid(
      `You cannot cancel this PaymentIntent because it has a status of ${payment.status}.`,
      { code: 'payment_intent_unexpected_state' },
    );
  }
  payment.status = 'canceled';
  const { subscription } = payment.metadata;
  const happenings = [told(payment, 'payment_intent.canceled')];
  return {
    ...ok(shown(payment, {})),
    news: { about: subscription ? [subscription] : [], happenings },
  };
}

/** Gives a payment back, all of it. */
export function refund(store: Store, form: Form): Answer {
  const id = text(form['payment_intent']);
  const payment = store.payments.get(id);
  if (payment === undefined) return missing('payment_intent', id, 'payment_intent');
  if (payment.status !== 'succeeded') {
    return invalid('This PaymentIntent does not have a successful charge to refund.', {
      code: 'payment_intent_unexpected_state',
    });
  }
  if (store.refunds.some(({ payment_intent: of }) => of === id)) {
    return invalid('The charge has already been refunded.', { code: 'charge_already_refunded' });
  }
  const made: Refund = {
    id: `re_sim_${store.refunds.length + 1}`,
    object: 'refund',
    payment_intent: id,
    amount: payment.amount,
    currency: payment.currency,
    metadata: (form['metadata'] ?? {}) as Record<string, string>,
    status: 'succeeded',
  };
  store.refunds.push(made);
  return ok(made);
}

/** What the bank says of a debit in the end. */
export type Settlement = 'succeed' | 'fail';

/** Lets the bank answer; false when there is no debit that it has not answered yet. */
export function settle(store: Store, id: string, outcome: Settlement): boolean {
  const payment = store.payments.get(id);
  if (payment?.status !== 'processing') return false;
  if (outcome === 'succeed') {
    const charge = store.settle(payment);
    const latest = store.chargeObject(charge);
    const received = { amount_received: payment.amount, latest_charge: latest };
    Object.assign(payment, { status: 'succeeded', ...received });
  } else {
    const message = "The customer's account has insufficient funds to cover this payment.";
    const error = { code: 'insufficient_funds', message };
    Object.assign(payment, { status: 'requires_payment_method', last_payment_error: error });
  }
  return true;
}

/** What the customer does when asked to confirm a payment; a failure leaves it open, as at Stripe. */
export type Confirmation = 'succeed' | 'fail' | 'cancel';

/** Lets the customer answer; undefined when there is nothing to confirm. */
export function confirm(
  store: Store,
  id: string,
  outcome: Confirmation,
): { account: Account | undefined; happenings: Happening[] } | undefined {
  const payment = store.payments.get(id);
  if (payment?.last_payment_error?.code !== AUTHENTICATION_REQUIRED) return undefined;
  if (payment.status !== 'requires_payment_method') return undefined;
  const { subscription = '' } = payment.metadata;
  const account = store.accounts.get(payment.invoiceOf ?? subscription);
  // The invoice has been paid otherwise by now.
  if (payment.invoiceOf !== undefined && account?.invoice === undefined) return undefined;
  const at = nowOf(account);
  if (outcome === 'succeed') {
    const charge = store.settle(payment);
    Object.assign(payment, {
      status: 'succeeded',
      amount_received: payment.amount,
      last_payment_error: null,
      latest_charge: store.chargeObject(charge),
    });
    const settled = account && payment.invoiceOf !== undefined ? paid(account, at) : [];
    return { account, happenings: [told(payment, 'payment_intent.succeeded', at), ...settled] };
  }
  if (outcome === 'cancel') payment.status = 'canceled';
  const type = outcome === 'cancel' ? 'payment_intent.canceled' : 'payment_intent.payment_failed';
  return { account, happenings: [told(payment, type, at)] };
}

const told = (payment: Payment, type: string, created = nowOf(undefined)): Happening => ({
  type,
  created,
  object: structuredClone(shown(payment, {})),
});
