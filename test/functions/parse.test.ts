import { describe, expect, it } from 'vitest';

import { parseMessage } from '../../functions/shared/parse.ts';
import { stripeEvent, stripeInvoice, subscriptionEvent } from '../../local/stripe-events.ts';
import { addDays } from '../../workflows/domain/time.ts';
import { T0, TRIAL_END, unix } from '../support/fixtures.ts';

const at = Date.parse(T0);
const created = subscriptionEvent('customer.subscription.created', {
  id: 'sub_1',
  status: 'trialing',
  created: at,
  trialStart: at,
  trialEnd: Date.parse(TRIAL_END),
  email: 'ada@example.com',
});

const parse = (message: unknown) =>
  parseMessage(typeof message === 'string' ? message : JSON.stringify(message));

/** The same event with one value of its object replaced, or taken out. */
function altered(path: string, value: unknown): object {
  const copy = structuredClone(created) as unknown as Record<string, unknown>;
  const steps = `data.object.${path}`.split('.');
  const last = steps.pop()!;
  let target = copy;
  for (const step of steps) target = target[step] as Record<string, unknown>;
  if (value === undefined) delete target[last];
  else target[last] = value;
  return copy;
}

describe('a Stripe event', () => {
  it('is read', () => {
    expect(parse(created)).toMatchObject({
      event: {
        type: 'customer.subscription.created',
        id: created.id,
        created: unix(T0),
        subscription: {
          id: 'sub_1',
          status: 'trialing',
          customer: { id: 'cus_sub_1', email: 'ada@example.com' },
          trial: { start: T0, end: TRIAL_END },
          plan: { id: 'price_pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
        },
      },
    });
  });

  it('is read as EventBridge delivers it', () => {
    const delivered = {
      'detail-type': created.type,
      source: 'aws.partner/stripe.com',
      detail: created,
    };
    expect(parse(delivered)).toEqual(parse(created));
  });

  it('of an invoice is read with its subscription', () => {
    const paid = stripeInvoice({ id: 'in_1', subscription: 'sub_1', amount: 1900, isPaid: true });
    expect(parse(stripeEvent('invoice.paid', at, paid))).toMatchObject({
      event: {
        subscription: 'sub_1',
        invoice: { id: 'in_1', amount: { amount: 1900, currency: 'usd' } },
      },
    });
    const failed = stripeInvoice({
      id: 'in_1',
      subscription: 'sub_1',
      amount: 1900,
      isPaid: false,
      attempt: 2,
    });
    expect(parse(stripeEvent('invoice.payment_failed', at, failed))).toMatchObject({
      event: { attempt: 2, invoice: { amount: { amount: 1900, currency: 'usd' } } },
    });
  });

  it.each(['customer.created', 'invoice.upcoming', 'no.such.type'])(
    'of type %s is ignored',
    (type) => {
      expect(parse({ ...created, type })).toEqual({ ignored: type });
    },
  );

  it('of an invoice for something else is ignored', () => {
    const invoice = {
      ...stripeInvoice({ id: 'in_1', subscription: 'x', amount: 1, isPaid: true }),
      parent: null,
    };
    expect(parse(stripeEvent('invoice.paid', at, invoice))).toEqual({ ignored: 'invoice.paid' });
  });

  it.each([
    ['id', undefined, /data\.object\.id/],
    ['id', 'ada@example.com', /data\.object\.id/],
    ['status', 'dormant', /data\.object\.status/],
    ['status', 7, /data\.object\.status/],
    ['customer', null, /data\.object\.customer/],
    ['items', { data: [] }, /data\.object\.items\.data/],
    ['items', undefined, /data\.object\.items/],
    ['items.data.0.price.currency', 'xxq', /currency: is not a lower-case ISO 4217 currency/],
    ['items.data.0.price.currency', 'USD', /currency: is not a lower-case ISO 4217 currency/],
    ['items.data.0.price.unit_amount', -1, /unit_amount/],
    ['items.data.0.price.unit_amount', 19.5, /unit_amount/],
    ['items.data.0.price.recurring.interval', 'fortnight', /recurring\.interval/],
    ['trial_end', unix(T0) - 1, /trial_end: lies before the time of the event/],
    ['trial_end', unix(addDays(T0, 733)), /trial_end: lies more than two years after/],
    ['trial_end', 'tomorrow', /trial_end/],
    ['cancel_at', 9e12, /cancel_at/],
    ['billing_cycle_anchor', 9e12, /billing_cycle_anchor/],
    ['items.data.0.quantity', 2e9, /quantity/],
    ['created', undefined, /created/],
    ['livemode', 'no', /livemode/],
  ])('whose %s is %j is unusable, and the reason says where', (path, value, reason) => {
    const parsed = parse(altered(path, value));
    expect(parsed).toMatchObject({ type: 'customer.subscription.created' });
    expect('unusable' in parsed && parsed.unusable).toMatch(reason);
  });

  it('is judged by its own time: one that was delivered late is as good', () => {
    const past = Date.parse('2020-01-01T00:00:00Z');
    const old = subscriptionEvent('customer.subscription.created', {
      id: 'sub_1',
      status: 'trialing',
      created: past,
      trialStart: past,
      trialEnd: past + 86_400_000,
    });
    expect(parse(old)).toHaveProperty('event');
  });

  it('with personal data in the wrong place does not carry it into the reason', () => {
    const parsed = parse(altered('status', 'ada@example.com'));
    expect(JSON.stringify(parsed)).not.toContain('ada@example.com');
  });
});

const started = {
  specversion: '1.0',
  id: 'evt-1',
  source: '/checkout',
  type: 'subscription.trial_started',
  time: '2026-11-20T10:00:00Z',
  subject: 'sub_1',
  data: {
    customer: { id: 'cus_1', email: 'ada@example.com', name: 'Ada', locale: 'en' },
    plan: { id: 'pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
    trialEnd: '2026-12-04T11:00:00+01:00',
    paymentMethod: 'pm_card_visa',
    collection: 'self',
    livemode: false,
  },
};

const withData = (data: object) => ({ ...started, data: { ...started.data, ...data } });

describe('a CloudEvents message', () => {
  it('is read, its instants in UTC and its trial from its own time on', () => {
    expect(parse(started)).toMatchObject({
      event: {
        type: 'subscription.trial_started',
        subject: 'sub_1',
        time: T0,
        data: { quantity: 1, collection: 'self', trial: { start: T0, end: TRIAL_END } },
      },
    });
  });

  it('may begin a trial that lies ahead', () => {
    const trialStart = '2027-01-17T00:00:00Z';
    expect(parse(withData({ trialStart, trialEnd: '2027-01-31T00:00:00Z' }))).toHaveProperty(
      'event',
    );
  });

  it.each([
    ['subscription.started', started.data],
    ['subscription.updated', { customer: { locale: 'de' } }],
    ['subscription.cancel_requested', { atPeriodEnd: true, reason: 'moving' }],
    ['subscription.cancel_requested', undefined],
    ['subscription.cancelled', { endedAt: '2026-11-20T10:00:00Z' }],
    ['payment.succeeded', { invoice: { id: 'in_1', amount: { amount: 1, currency: 'eur' } } }],
    [
      'payment.failed',
      { invoice: { id: 'in_1', amount: { amount: 1, currency: 'eur' } }, code: 'x' },
    ],
  ])('of type %s is read', (type, data) => {
    expect(parse({ ...started, type, data })).toMatchObject({ event: { type } });
  });

  it.each([
    [{ ...started, specversion: '0.3' }, /version "0.3" is not known/],
    [
      { ...started, type: 'subscription.exploded' },
      /the type "subscription.exploded" is not known/,
    ],
    [{ ...started, type: undefined }, /the type "" is not known/],
    [{ ...started, subject: undefined }, /subject/],
    [{ ...started, subject: 'a b' }, /subject/],
    [{ ...started, time: 'yesterday' }, /time/],
    [{ ...started, data: undefined }, /data/],
    [withData({ trialEnd: '2026-11-20T09:59:59Z' }), /trialEnd: lies before the time of the event/],
    [withData({ trialEnd: '2028-11-20T10:00:01Z' }), /trialEnd: lies more than two years after/],
    [withData({ trialStart: '2026-12-05T00:00:00Z' }), /trialEnd: does not lie after trialStart/],
    [withData({ trialEnd: undefined }), /data\.trialEnd/],
    [withData({ customer: { id: 'cus_1', email: 'not an address' } }), /data\.customer\.email/],
    [
      withData({ plan: { ...started.data.plan, price: { amount: -1, currency: 'usd' } } }),
      /amount/,
    ],
    [
      withData({ plan: { ...started.data.plan, price: { amount: 1, currency: 'zzz' } } }),
      /currency/,
    ],
    [withData({ collection: 'nobody' }), /collection/],
    [withData({ quantity: 1e12 }), /quantity/],
    [withData({ policy: { trialReminders: ['P300000Y'] } }), /trialReminders\.0/],
    [
      withData({ policy: { trialReminders: Array.from({ length: 11 }, () => 'P1D') } }),
      /trialReminders/,
    ],
    [
      { ...started, type: 'subscription.command', data: { type: 'explode', eventId: 'e' } },
      /data\.type/,
    ],
    [{ source: 'a', 'detail-type': 'd', detail: { ...started } }, /only Stripe events are taken/],
    [withData({ policy: { trialReminders: ['7 days'] } }), /trialReminders\.0: is not an ISO-8601/],
    [{ ...started, type: 'subscription.updated', data: {} }, /names nothing that is updated/],
  ])('%# that is wrong is unusable, and the reason says where', (message, reason) => {
    const parsed = parse(message);
    expect('unusable' in parsed && parsed.unusable).toMatch(reason);
  });
});

it.each(['', 'no json', '[]', '7', 'null', '{}', '{"object":"charge"}'])(
  'a message that is %j is unusable',
  (body) => {
    expect(parse(body)).toHaveProperty('unusable');
  },
);
