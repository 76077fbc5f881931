import { createHmac } from 'node:crypto';

import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';

import { createWebhookHandler } from '../../functions/handlers/webhook.ts';
import type { Envelope } from '../../functions/shared/envelope.ts';
import type { HttpResult } from '../../functions/shared/http.ts';
import {
  stripeCard,
  stripeEvent,
  stripeInvoice,
  stripePayment,
  subscriptionEvent,
} from '../../local/stripe-events.ts';
import { httpEvent } from '../support/http-event.ts';

const SECRET = 'whsec_new';
const OLD_SECRET = 'whsec_old';
const STANDARD = 'whsec_cGVyZW5uaWFsX2xvY2Fs';
const NOW = Date.now();

const created = subscriptionEvent('customer.subscription.created', {
  id: 'sub_1',
  status: 'trialing',
  created: NOW,
  eventId: 'evt_1',
});

interface Setup {
  sent: Envelope[];
  call: (event: ReturnType<typeof httpEvent>) => Promise<HttpResult>;
}

function setup({ secrets = [SECRET, OLD_SECRET], fails = false, now = NOW } = {}): Setup {
  const sent: Envelope[] = [];
  const call = createWebhookHandler({
    queue: {
      send: (envelope) => {
        if (fails) return Promise.reject(new Error('no queue'));
        sent.push(envelope);
        return Promise.resolve();
      },
    },
    stripeSecrets: () =>
      secrets.length > 0 ? Promise.resolve(secrets) : Promise.reject(new Error('no secrets')),
    webhookSecrets: () => Promise.resolve([STANDARD]),
    now: () => now,
  });
  return { sent, call };
}

interface Signing {
  secret?: string;
  at?: number;
  header?: string;
  base64?: boolean;
}

/** Signed by hand, so that the scheme is checked against an independent reading of it. */
function signed(body: string, { secret = SECRET, at = NOW, header, base64 = false }: Signing = {}) {
  const t = Math.floor(at / 1000);
  const v1 = createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
  return httpEvent(
    '/webhooks/stripe',
    body,
    { 'stripe-signature': header ?? `t=${t},v1=${v1}` },
    base64,
  );
}

/** Signed by the library that receivers of the scheme use. */
const standard = (body: string, { secret = STANDARD, at = new Date() } = {}) =>
  httpEvent('/webhooks/events', body, {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', at, body),
  });

const detailOf = ({ body }: HttpResult): string => (JSON.parse(body!) as { detail: string }).detail;

describe("Stripe's webhook", () => {
  it('is to be sent again when the secrets cannot be read', async () => {
    const { sent, call } = setup({ secrets: [] });
    const result = await call(signed(JSON.stringify(created)));
    expect(result.statusCode).toBe(503);
    expect(detailOf(result)).toContain('cannot be verified');
    expect(sent).toEqual([]);
  });

  it('that nests too deeply is refused', async () => {
    const deep = `{"id":"evt_1","object":"event","type":"invoice.paid","a":${'['.repeat(60_000)}${']'.repeat(60_000)}}`;
    expect((await setup().call(signed(deep))).statusCode).toBe(400);
  });

  it.each(['t=NaN', 't=', 't=+1', ''])(
    'whose signature has %j for a time is refused, whatever it signs',
    async (time) => {
      const body = JSON.stringify(created);
      const v1 = createHmac('sha256', SECRET)
        .update(`${time.slice(2)}.${body}`)
        .digest('hex');
      const { call, sent } = setup();
      expect((await call(signed(body, { header: `${time},v1=${v1}` }))).statusCode).toBe(400);
      const now = Math.floor(NOW / 1000);
      const twice = createHmac('sha256', SECRET).update(`${now}.${body}`).digest('hex');
      const header = `t=${now},t=${now + 9000},v1=${twice}`;
      expect((await call(signed(body, { header }))).statusCode).toBe(400);
      expect(sent).toEqual([]);
    },
  );

  it('is received once it is queued, in the group of its subscription and under its own id', async () => {
    const { sent, call } = setup();
    const { statusCode, body } = await call(signed(JSON.stringify(created)));
    expect(statusCode).toBe(200);
    expect(JSON.parse(body!)).toEqual({ received: true });
    expect(sent).toHaveLength(1);
    expect(sent[0]!.group).toBe('sub_1');
    expect(JSON.parse(sent[0]!.body)).toEqual(created);
    await call(signed(JSON.stringify(created)));
    expect(sent[1]!.deduplication).toBe(sent[0]!.deduplication);
  });

  it.each([
    ['the new secret', SECRET],
    ['the old one while both are in use', OLD_SECRET],
  ])('is verified with %s', async (_, secret) => {
    const { call } = setup();
    expect((await call(signed(JSON.stringify(created), { secret }))).statusCode).toBe(200);
  });

  it('with the old secret is refused once that is gone', async () => {
    const { call, sent } = setup({ secrets: [SECRET] });
    const { statusCode } = await call(signed(JSON.stringify(created), { secret: OLD_SECRET }));
    expect(statusCode).toBe(400);
    expect(sent).toEqual([]);
  });

  it('may carry several signatures, of which one has to match', async () => {
    const body = JSON.stringify(created);
    const t = Math.floor(NOW / 1000);
    const good = createHmac('sha256', SECRET).update(`${t}.${body}`).digest('hex');
    const { call } = setup();
    const header = `t=${t},v1=${'0'.repeat(64)},v1=${good},v0=abc`;
    expect((await call(signed(body, { header }))).statusCode).toBe(200);
  });

  it('is verified over the very bytes, also of a body in base64', async () => {
    const body = `{ "spaced" : "ünïcödé 🎉",${JSON.stringify(created).slice(1)}`;
    const { call, sent } = setup();
    expect((await call(signed(body, { base64: true }))).statusCode).toBe(200);
    expect((await call(signed(body))).statusCode).toBe(200);
    expect((JSON.parse(sent[0]!.body) as { spaced: string }).spaced).toBe('ünïcödé 🎉');
    const altered = { ...signed(body), body: body.replace('{ ', '{') };
    expect((await call(altered)).statusCode).toBe(400);
  });

  it.each([
    ['too old', NOW - 301_000, /older than five minutes/],
    ['from the future', NOW + 302_000, /from the future/],
  ])('that is %s is refused', async (_, at, detail) => {
    const { call, sent } = setup();
    const result = await call(signed(JSON.stringify(created), { at }));
    expect(result.statusCode).toBe(400);
    expect(detailOf(result)).toMatch(detail);
    expect(sent).toEqual([]);
  });

  it.each([
    ['just old enough', NOW - 299_000],
    ['a little ahead', NOW + 299_000],
  ])('that is %s is taken', async (_, at) => {
    expect((await setup().call(signed(JSON.stringify(created), { at }))).statusCode).toBe(200);
  });

  it.each([
    ['', 'empty'],
    ['t=1', 'without a signature'],
    ['v1=abc', 'without a time'],
    ['t=abc,v1=abc', 'without a number for a time'],
    ['nonsense', 'of no shape'],
  ])('whose signature header is "%s" is refused', async (header) => {
    expect((await setup().call(signed(JSON.stringify(created), { header }))).statusCode).toBe(400);
  });

  it('without a signature header is refused', async () => {
    const result = await setup().call(httpEvent('/webhooks/stripe', JSON.stringify(created)));
    expect(result).toMatchObject({
      statusCode: 400,
      headers: { 'content-type': 'application/problem+json' },
    });
    expect(detailOf(result)).toBe('The stripe-signature header is missing.');
  });

  it.each([
    ['{"id":', 'The body is not JSON.'],
    ['[]', 'The body is not a JSON object.'],
    ['null', 'The body is not a JSON object.'],
    ['{"object":"event"}', 'The body is not a Stripe event.'],
    ['{"id":"evt_1","type":"x"}', 'The body is not a Stripe event.'],
    [JSON.stringify({ ...created, object: 'v2.core.event' }), /Thin events are not taken/],
  ])('whose body is %s is refused', async (body, detail) => {
    const result = await setup().call(signed(body));
    expect(result.statusCode).toBe(400);
    expect(detailOf(result)).toMatch(detail);
  });

  it('of up to 256 KiB is taken, and a larger one is not', async () => {
    const { call } = setup();
    const frame = JSON.stringify({ ...created, pad: '' });
    const fits = JSON.stringify({ ...created, pad: 'x'.repeat(256 * 1024 - frame.length) });
    expect(fits).toHaveLength(256 * 1024);
    expect((await call(signed(fits))).statusCode).toBe(200);
    expect((await call(signed(`${fits} `))).statusCode).toBe(413);
  });

  it('is to be sent again when the queue does not take it', async () => {
    const result = await setup({ fails: true }).call(signed(JSON.stringify(created)));
    expect(result.statusCode).toBe(503);
  });

  it('of a type that does not concern us is acknowledged and not queued', async () => {
    const { call, sent } = setup();
    const event = stripeEvent('customer.subscription.trial_will_end', NOW, created.data.object);
    expect((await call(signed(JSON.stringify(event)))).statusCode).toBe(200);
    expect(sent).toEqual([]);
  });

  it('of an invoice goes into the group of its subscription', async () => {
    const { call, sent } = setup();
    const invoice = stripeInvoice({
      id: 'in_1',
      subscription: 'sub_9',
      amount: 1900,
      isPaid: true,
    });
    await call(signed(JSON.stringify(stripeEvent('invoice.paid', NOW, invoice))));
    const customer = { id: 'cus_9', object: 'customer', email: 'a@example.com' };
    await call(signed(JSON.stringify(stripeEvent('customer.updated', NOW, customer))));
    expect(sent.map(({ group }) => group)).toEqual(['sub_9', 'cus_9']);
  });

  it('of a payment goes into the group of its subscription, of a card into that of its customer', async () => {
    const { call, sent } = setup();
    const payment = { id: 'pi_1', subscription: 'sub_9', key: 'k', amount: 1900, isPaid: true };
    const paid = stripeEvent('payment_intent.succeeded', NOW, stripePayment(payment));
    const card = stripeCard({ id: 'pm_1', customer: 'cus_9', expires: '2027-08' });
    await call(signed(JSON.stringify(paid)));
    await call(signed(JSON.stringify(stripeEvent('payment_method.updated', NOW, card))));
    expect(sent.map(({ group }) => group)).toEqual(['sub_9', 'cus_9']);
  });

  it("of somebody else's payment is acknowledged and not queued", async () => {
    const { call, sent } = setup();
    const payment = { id: 'pi_1', object: 'payment_intent', amount: 5, metadata: { order: '7' } };
    const event = stripeEvent('payment_intent.succeeded', NOW, payment);
    expect((await call(signed(JSON.stringify(event)))).statusCode).toBe(200);
    expect(sent).toEqual([]);
  });

  it('is queued as JSON that every queue takes', async () => {
    const { call, sent } = setup();
    await call(signed(JSON.stringify({ ...created, note: 'Żółw 🎉 \ufffe' })));
    expect(sent[0]!.body).not.toMatch(/[\ud800-\udfff\ufffe\uffff]/);
    expect((JSON.parse(sent[0]!.body) as { note: string }).note).toBe('Żółw 🎉 \ufffe');
  });
});

describe('a CloudEvents webhook', () => {
  const event = {
    specversion: '1.0',
    id: 'e1',
    source: '/checkout',
    type: 'subscription.cancel_requested',
    time: '2026-11-20T10:00:00Z',
    subject: 'sub_1',
    data: {},
  };
  it('is queued in the group of its subject', async () => {
    const { call, sent } = setup();
    expect((await call(standard(JSON.stringify(event)))).statusCode).toBe(200);
    expect(sent).toMatchObject([{ group: 'sub_1' }]);
    expect(JSON.parse(sent[0]!.body)).toEqual(event);
  });

  it('is told apart from one of the same id of another source', async () => {
    const { call, sent } = setup();
    await call(standard(JSON.stringify(event)));
    await call(standard(JSON.stringify({ ...event, source: '/crm' })));
    expect(sent[0]!.deduplication).not.toBe(sent[1]!.deduplication);
  });

  it.each([
    ['another secret', { secret: 'whsec_b3RoZXJfc2VjcmV0' }],
    ['an old signature', { at: new Date(Date.now() - 360_000) }],
    ['one of the future', { at: new Date(Date.now() + 360_000) }],
  ])('with %s is refused', async (_, signing) => {
    const { call, sent } = setup();
    expect((await call(standard(JSON.stringify(event), signing))).statusCode).toBe(400);
    expect(sent).toEqual([]);
  });

  it('without a signature is refused', async () => {
    const { call } = setup();
    expect((await call(httpEvent('/webhooks/events', JSON.stringify(event)))).statusCode).toBe(400);
  });

  it.each([
    ['no subject', { ...event, subject: undefined }],
    ['an e-mail address for a subject', { ...event, subject: 'ada@example.com' }],
    ['no id', { ...event, id: '' }],
    ['no type', { ...event, type: undefined }],
    ['a type that only we may send', { ...event, type: 'subscription.command' }],
    ['a type that only a link of ours may say', { ...event, type: 'customer.unsubscribed' }],
    ['the shape of a Stripe event', { ...event, object: 'event' }],
    ["the shape of EventBridge's", { ...event, 'detail-type': 'd', detail: { ...event } }],
  ])('with %s is refused', async (_, wrong) => {
    expect((await setup().call(standard(JSON.stringify(wrong)))).statusCode).toBe(400);
  });
});
