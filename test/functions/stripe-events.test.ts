import { describe, expect, it } from 'vitest';

import { parseMessage } from '../../functions/shared/parse.ts';
import { route } from '../../workflows/domain/routes.ts';
import {
  acacia,
  acaciaInvoice,
  basil,
  basilInvoice,
  card,
  customer,
  event,
  expandedInvoice,
  flexible,
  paused,
  payment,
  PERIOD,
} from './stripe-payloads.ts';

const parse = (message: object) => parseMessage(JSON.stringify(message));

/** What the event asks of the workflows. */
function routed(type: string, object: object, more: object = {}) {
  const parsed = parse(event(type, object, more));
  if (!('event' in parsed)) throw new Error(JSON.stringify(parsed));
  return route(parsed.event);
}

const command = (...of: Parameters<typeof routed>) => routed(...of).commands[0];

const created = 1_795_168_900;
const amount = { amount: 1900, currency: 'usd' };

describe('a subscription of Stripe', () => {
  it.each([
    ['2025-02-24.acacia', acacia],
    ['2025-03-31.basil', basil],
  ])('in the shape of %s is seen with its period, and the version is kept', (version, object) => {
    const seen = command('customer.subscription.updated', object, { api_version: version });
    expect(seen).toEqual({
      type: 'observe',
      eventId: 'evt_customer.subscription.updated',
      created,
      apiVersion: version,
      subscription: expect.objectContaining({ status: 'active', period: PERIOD }) as object,
    });
  });

  it('of an account whose events have no version is seen as well', () => {
    const seen = command('customer.subscription.updated', basil, { api_version: null });
    expect(seen).not.toHaveProperty('apiVersion');
  });

  it('that ends at an instant, without the flag, is going to end', () => {
    expect(command('customer.subscription.updated', flexible)).toMatchObject({
      subscription: { status: 'active', cancelAt: PERIOD.end },
    });
  });

  it('that ends with its period ends then', () => {
    const object = { ...acacia, cancel_at_period_end: true };
    expect(command('customer.subscription.updated', object)).toMatchObject({
      subscription: { cancelAt: PERIOD.end },
    });
  });

  it('that is paused is so', () => {
    expect(command('customer.subscription.paused', paused)).toMatchObject({
      subscription: { status: 'paused', period: PERIOD },
    });
  });
});

describe('an invoice of Stripe', () => {
  it.each([
    ['acacia', acaciaInvoice],
    ['basil', basilInvoice],
  ])('that was not paid is told to its subscription: %s', (_, object) => {
    expect(routed('invoice.payment_failed', object)).toEqual({
      subscription: 'sub_1Q9',
      status: undefined,
      commands: [
        {
          type: 'invoice_failed',
          eventId: 'evt_invoice.payment_failed',
          created,
          invoice: { id: 'in_1Q9', amount },
          attempt: 2,
        },
      ],
    });
  });

  it('that will not be tried again says so', () => {
    const object = { ...basilInvoice, next_payment_attempt: null };
    expect(command('invoice.payment_failed', object)).toMatchObject({ isLast: true });
  });

  it.each([
    ['with its payment', expandedInvoice],
    [
      'with a payment of the old shape',
      {
        ...acaciaInvoice,
        payment_intent: { id: 'pi', last_payment_error: { code: 'expired_card' } },
      },
    ],
  ])('that comes %s says why it was not paid', (_, object) => {
    expect(command('invoice.payment_failed', object)).toMatchObject({
      code: expect.stringMatching(/^(insufficient_funds|expired_card)$/) as string,
    });
  });

  it('that has to be confirmed says where', () => {
    expect(command('invoice.payment_action_required', basilInvoice)).toEqual({
      type: 'invoice_action_required',
      eventId: 'evt_invoice.payment_action_required',
      created,
      invoice: { id: 'in_1Q9', amount },
      url: 'https://invoice.stripe.com/i/acct_1/test_1',
    });
  });
});

describe('a payment of Stripe', () => {
  it.each([
    ['payment_intent.succeeded', true],
    ['payment_intent.canceled', false],
  ])('that has come to its end is told to whoever waits: %s', (type, isPaid) => {
    const { key } = payment.metadata;
    const invoice = { id: '2026-12-04T10:00:00.000Z', amount };
    expect(routed(type, payment)).toEqual({
      awaitedCharge: { subscription: 'sub_1Q9', key },
      isPaid,
      commands: [
        {
          type: 'authenticated',
          eventId: `evt_${type}`,
          payment: { id: 'pi_1Q9', key, invoice, isPaid },
        },
      ],
    });
  });

  it('is told from the key, though every part of it has colons', () => {
    const metadata = { subscription: 'shop:7', key: 'shop:7:a:b:12' };
    expect(command('payment_intent.succeeded', { ...payment, metadata })).toMatchObject({
      payment: { invoice: { id: 'a:b' } },
    });
  });

  it.each([
    ['payment_intent.payment_failed', payment],
    ['payment_intent.succeeded', { ...payment, metadata: {} }],
    ['payment_intent.succeeded', { ...payment, metadata: { key: 'x', subscription: 'a b' } }],
    ['payment_intent.succeeded', { id: 'pi_x', currency: 'xxq' }],
    [
      'payment_intent.succeeded',
      { ...payment, metadata: { subscription: 'sub_2', key: 'sub_1:x:1' } },
    ],
    [
      'payment_intent.succeeded',
      { ...payment, metadata: { subscription: 'sub_1', key: 'sub_1:1' } },
    ],
  ])('that has not, or is not ours, is ignored: %s %#', (type, object) => {
    expect(parse(event(type, object))).toEqual({ ignored: type });
  });
});

describe('a card of Stripe', () => {
  it.each(['attached', 'updated', 'automatically_updated'])(
    'is told to all of its customer when it is %s',
    (what) => {
      expect(routed(`payment_method.${what}`, card)).toEqual({
        allOfCustomer: 'cus_1Q9',
        commands: [
          {
            type: 'update_card',
            eventId: `evt_payment_method.${what}`,
            created,
            paymentMethod: 'pm_1Q9',
            card: { expires: '2027-08' },
          },
        ],
      });
    },
  );

  it.each([
    { ...card, customer: null },
    { ...card, card: undefined, type: 'sepa_debit', sepa_debit: { last4: '3000' } },
  ])('that is nobody’s, or is none, is ignored: %#', (object) => {
    const type = 'payment_method.updated';
    expect(parse(event(type, object))).toEqual({ ignored: type });
  });

  it('with a month that does not exist is unusable', () => {
    const object = { ...card, card: { exp_month: 13, exp_year: 2027 } };
    expect(parse(event('payment_method.updated', object))).toHaveProperty('unusable');
  });
});

it('a customer is told of with the time of the event', () => {
  expect(routed('customer.updated', customer)).toMatchObject({
    allOfCustomer: 'cus_1Q9',
    commands: [{ type: 'update_customer', created, customer: { email: 'ada@example.com' } }],
  });
});

it.each([
  ['customer.subscription.created', basil],
  ['customer.subscription.updated', acacia],
  ['customer.subscription.deleted', flexible],
  ['customer.subscription.paused', paused],
  ['customer.subscription.resumed', basil],
  ['invoice.paid', basilInvoice],
  ['invoice.payment_failed', acaciaInvoice],
  ['invoice.payment_action_required', basilInvoice],
  ['payment_intent.succeeded', payment],
  ['payment_intent.canceled', payment],
  ['payment_method.attached', card],
  ['payment_method.updated', card],
  ['payment_method.automatically_updated', card],
  ['customer.updated', customer],
])('%s is the same event when EventBridge delivers it', (type, object) => {
  const sent = event(type, object);
  const delivered = {
    version: '0',
    id: 'c6af9ac6',
    'detail-type': type,
    source: 'aws.partner/stripe.com/ed_1',
    account: '000000000000',
    region: 'eu-central-1',
    resources: [],
    detail: sent,
  };
  expect(parse(delivered)).toEqual(parse(sent));
  expect(parse(delivered)).toHaveProperty('event');
});
