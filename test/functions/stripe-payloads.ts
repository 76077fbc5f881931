/** Payloads of Stripe's, cut down to what tells their versions apart. */

const at = { t0: 1_795_168_800, end: 1_796_378_400 };

const price = {
  id: 'price_pro',
  object: 'price',
  active: true,
  currency: 'usd',
  unit_amount: 1900,
  unit_amount_decimal: '1900',
  type: 'recurring',
  recurring: { interval: 'month', interval_count: 1, usage_type: 'licensed' },
};

const subscription = {
  id: 'sub_1Q9',
  object: 'subscription',
  application: null,
  billing_cycle_anchor: at.t0,
  cancel_at: null,
  cancel_at_period_end: false,
  canceled_at: null,
  cancellation_details: { comment: null, feedback: null, reason: null },
  collection_method: 'charge_automatically',
  created: at.t0,
  currency: 'usd',
  customer: 'cus_1Q9',
  default_payment_method: null,
  ended_at: null,
  latest_invoice: 'in_1Q9',
  livemode: false,
  metadata: {},
  pause_collection: null,
  status: 'active',
  test_clock: null,
  trial_end: null,
  trial_start: null,
};

const list = (item: object) => ({
  object: 'list',
  has_more: false,
  url: '/v1/subscription_items?subscription=sub_1Q9',
  data: [{ id: 'si_1Q9', object: 'subscription_item', quantity: 1, price, ...item }],
});

const period = { current_period_start: at.t0, current_period_end: at.end };

/** Up to 2025-02-24.acacia: the period is the subscription's. */
export const acacia = { ...subscription, ...period, items: list({}) };

/** Since 2025-03-31.basil: the period is the item's. */
export const basil = { ...subscription, items: list(period) };

/** Cancelled in the portal under flexible billing: an instant, and no flag. */
export const flexible = {
  ...basil,
  billing_mode: { type: 'flexible', flexible: { proration_discounts: 'included' } },
  cancel_at: at.end,
  canceled_at: at.t0 + 60,
  cancellation_details: { comment: null, feedback: null, reason: 'cancellation_requested' },
};

/** Since 2026-09-30.endive: a status for a pause that somebody has asked for. */
export const paused = {
  ...basil,
  status: 'paused',
  status_details: {
    paused: { type: 'subscription', transitioned_at: at.t0 + 60, subscription: {} },
  },
};

const invoice = {
  id: 'in_1Q9',
  object: 'invoice',
  amount_due: 1900,
  amount_paid: 0,
  attempt_count: 2,
  attempted: true,
  billing_reason: 'subscription_cycle',
  currency: 'usd',
  customer: 'cus_1Q9',
  hosted_invoice_url: 'https://invoice.stripe.com/i/acct_1/test_1',
  livemode: false,
  next_payment_attempt: at.end,
  status: 'open',
};

export const acaciaInvoice = {
  ...invoice,
  paid: false,
  charge: null,
  payment_intent: 'pi_1Q9',
  subscription: 'sub_1Q9',
};

export const basilInvoice = {
  ...invoice,
  parent: {
    type: 'subscription_details',
    quote_details: null,
    subscription_details: { metadata: {}, subscription: 'sub_1Q9' },
  },
};

/** Somebody has asked for the payment to be shown in full. */
export const expandedInvoice = {
  ...basilInvoice,
  payments: {
    object: 'list',
    data: [
      {
        id: 'inpay_1Q9',
        payment: {
          type: 'payment_intent',
          payment_intent: {
            id: 'pi_1Q9',
            last_payment_error: { code: 'card_declined', decline_code: 'insufficient_funds' },
          },
        },
      },
    ],
  },
};

export const payment = {
  id: 'pi_1Q9',
  object: 'payment_intent',
  amount: 1900,
  amount_received: 1900,
  currency: 'usd',
  customer: 'cus_1Q9',
  last_payment_error: null,
  latest_charge: 'ch_1Q9',
  livemode: false,
  metadata: { subscription: 'sub_1Q9', key: 'sub_1Q9:2026-12-04T10:00:00.000Z:2' },
  status: 'succeeded',
};

export const card = {
  id: 'pm_1Q9',
  object: 'payment_method',
  billing_details: { email: null, name: null },
  card: { brand: 'visa', country: 'US', exp_month: 8, exp_year: 2027, last4: '4242' },
  customer: 'cus_1Q9',
  livemode: false,
  metadata: {},
  type: 'card',
};

export const customer = {
  id: 'cus_1Q9',
  object: 'customer',
  balance: 0,
  email: 'ada@example.com',
  name: 'Ada',
  preferred_locales: ['en'],
};

export const event = (type: string, object: object, more: object = {}) => ({
  id: `evt_${type}`,
  object: 'event',
  api_version: '2026-09-30.endive',
  created: at.t0 + 100,
  data: { object },
  livemode: false,
  pending_webhooks: 1,
  request: { id: null, idempotency_key: null },
  type,
  ...more,
});

export const PERIOD = { start: '2026-11-20T10:00:00.000Z', end: '2026-12-04T10:00:00.000Z' };
