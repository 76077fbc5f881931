import { createHash, createHmac } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { createUnsubscribe } from '../../functions/handlers/unsubscribe.ts';
import type { Envelope } from '../../functions/shared/envelope.ts';
import type { HttpResult } from '../../functions/shared/http.ts';
import { parseMessage } from '../../functions/shared/parse.ts';
import { createUnsubscribeLink } from '../../worker/email/unsubscribe-link.ts';
import { route } from '../../workflows/domain/routes.ts';
import { httpEvent } from '../support/http-event.ts';

const SECRET = 'the new secret of the links';
const OLD_SECRET = 'the old secret of the links';
const NOW = Date.parse('2026-11-20T10:00:00.000Z');
const ONE_CLICK = 'List-Unsubscribe=One-Click';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

function setup({
  secrets = [SECRET, OLD_SECRET],
  fails = false,
}: { secrets?: string[]; fails?: boolean } = {}) {
  const sent: Envelope[] = [];
  const clock = { now: NOW };
  const call = createUnsubscribe({
    queue: {
      send: (envelope) => {
        if (fails) return Promise.reject(new Error('no queue'));
        sent.push(envelope);
        return Promise.resolve();
      },
    },
    secrets: () =>
      secrets.length > 0 ? Promise.resolve(secrets) : Promise.reject(new Error('no secrets')),
    now: () => clock.now,
  });
  return { sent, call, clock };
}

/** As the worker writes it into an e-mail. */
const pathFor = (customer = 'cus_1', secret = SECRET): string => {
  const link = createUnsubscribeLink({ publicUrl: 'https://acme.example/billing', secret });
  return new URL(link({ subscription: 'sub_1', to: { id: customer } })).pathname;
};

const post = (path: string, body = ONE_CLICK, headers: Record<string, string> = FORM) =>
  httpEvent(path, body, headers);

const get = (path: string) => {
  const event = httpEvent(path, '');
  event.requestContext.http.method = 'GET';
  return event;
};

/** Signed as the worker signs, whatever it says. */
const signed = (said: unknown): string => {
  const payload = Buffer.from(JSON.stringify(said)).toString('base64url');
  const hmac = createHmac('sha256', SECRET).update(`unsubscribe.${payload}`).digest('base64url');
  return `/unsubscribe/${payload}.${hmac}`;
};

const isPage = ({ headers, body }: HttpResult): void => {
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex, nofollow',
  });
  expect(headers).not.toHaveProperty('set-cookie');
  const policy = String(headers?.['content-security-policy']);
  expect(policy).toMatch(/^default-src 'none'; .*form-action 'self'.*frame-ancestors 'none'/);
  expect(policy).not.toContain('unsafe');
  const [, style = ''] = /<style>([\s\S]*)<\/style>/.exec(body!)!;
  expect(policy).toContain(createHash('sha256').update(style).digest('base64'));
  expect(body).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(body).toMatch(/<title>[^<]+<\/title>/);
  expect(body).toMatch(/<main>\n<h1>[^<]+<\/h1>/);
  expect(body).not.toMatch(/<script|https?:|style=|undefined/);
};

describe('opening the link', () => {
  it('asks first, with a form of one button that does what a mail program would', async () => {
    const { call, sent } = setup();
    const result = await call(get(pathFor()));
    expect(result.statusCode).toBe(200);
    isPage(result);
    expect(result.body).toContain('<form method="post">');
    expect(result.body).toContain('name="List-Unsubscribe" value="One-Click"');
    expect(result.body!.match(/<button type="submit">/g)).toHaveLength(1);
    expect(sent).toEqual([]);
  });

  it('unsubscribes nobody, whoever opens it how often', async () => {
    const { call, sent } = setup();
    for (let i = 0; i < 3; i++) await call(get(`${pathFor()}?List-Unsubscribe=One-Click`));
    expect(sent).toEqual([]);
  });
});

describe('posting to the link', () => {
  it('unsubscribes all subscriptions of the customer, and says so', async () => {
    const { call, sent } = setup();
    const result = await call(post(pathFor()));
    expect(result.statusCode).toBe(200);
    isPage(result);
    expect(result.body).toContain('You are unsubscribed');
    expect(sent).toMatchObject([{ group: 'sub_1' }]);
    const parsed = parseMessage(sent[0]!.body);
    expect('event' in parsed && route(parsed.event)).toMatchObject({
      allOfCustomer: 'cus_1',
      commands: [{ type: 'unsubscribe' }],
    });
  });

  it.each([
    ['as a form', ONE_CLICK, FORM],
    [
      'in parts, as RFC 8058 prefers',
      `--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n`,
      { 'content-type': 'multipart/form-data; boundary=x' },
    ],
    ['with nothing', '', {}],
    ['from a page of elsewhere', ONE_CLICK, { ...FORM, origin: 'null' }],
  ])('%s is the same', async (_, body, headers: Record<string, string>) => {
    const { call, sent } = setup();
    expect((await call(post(pathFor(), body, headers))).statusCode).toBe(200);
    expect(sent).toHaveLength(1);
  });

  it('works in base64 as API Gateway hands it over', async () => {
    const { call, sent } = setup();
    expect((await call(httpEvent(pathFor(), ONE_CLICK, FORM, true))).statusCode).toBe(200);
    expect(sent).toHaveLength(1);
  });

  it('works again and again, and counts once a minute', async () => {
    const { call, sent, clock } = setup();
    for (const after of [0, 1000, 61_000, 400 * 86_400_000]) {
      clock.now = NOW + after;
      expect((await call(post(pathFor()))).statusCode).toBe(200);
    }
    const ids = sent.map(({ deduplication }) => deduplication);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
  });

  it('works with the secret before the last', async () => {
    const { call } = setup();
    expect((await call(post(pathFor('cus_1', OLD_SECRET)))).statusCode).toBe(200);
  });

  it('works for a customer of any name', async () => {
    const { call, sent } = setup();
    await call(post(pathFor('Žofie & 🎉')));
    expect(JSON.parse(sent[0]!.body)).toMatchObject({ data: { customer: 'Žofie & 🎉' } });
    expect(sent[0]!.body).not.toMatch(/[\ud800-\udfff]/);
  });
});

describe('a link that is not ours', () => {
  const right = pathFor();
  const [payload, signature] = right.slice('/unsubscribe/'.length).split('.') as [string, string];
  const other = pathFor('cus_2').slice('/unsubscribe/'.length).split('.')[0]!;
  it.each([
    ['signed with another secret', pathFor('cus_1', 'a secret of somebody else')],
    ['of another customer', `/unsubscribe/${other}.${signature}`],
    ['cut off', right.slice(0, -1)],
    ['with something after it', `${right}A`],
    ['with another last character', right.slice(0, -1) + (right.endsWith('A') ? 'B' : 'A')],
    ['without a signature', `/unsubscribe/${payload}.`],
    ['without a payload', `/unsubscribe/.${signature}`],
    ['of one part', `/unsubscribe/${payload}`],
    ['of three parts', `${right}.${signature}`],
    ['empty', '/unsubscribe/'],
    ['endless', `/unsubscribe/${'a'.repeat(4000)}.${signature}`],
    ['for mail that cannot be stopped', signed(['sub_1', 'cus_1', 'transactional'])],
    ['that says something else', signed({ subscription: 'sub_1' })],
    ['of no subscription', signed(['not an id', 'cus_1', 'marketing'])],
  ])('(%s) is refused, to be read and to be posted to', async (_, path) => {
    const { call, sent } = setup();
    for (const event of [get(path), post(path)]) {
      const result = await call(event);
      expect(result.statusCode).toBe(400);
      isPage(result);
      expect(result.body).toContain('This link is not valid');
      expect(result.body).not.toContain('<form');
    }
    expect(sent).toEqual([]);
  });

  it('with the old secret is refused once that is gone', async () => {
    const { call } = setup({ secrets: [SECRET] });
    expect((await call(post(pathFor('cus_1', OLD_SECRET)))).statusCode).toBe(400);
  });
});

describe('a request that cannot be served', () => {
  it.each([
    ['the queue', { fails: true }],
    ['the secrets', { secrets: [] }],
  ])('is to come again while %s cannot be reached', async (_, failing) => {
    const result = await setup(failing).call(post(pathFor()));
    expect(result.statusCode).toBe(503);
    expect(result.headers).toMatchObject({ 'retry-after': '60' });
    isPage(result);
  });

  it('is refused when it is large', async () => {
    const { call, sent } = setup();
    const result = await call(post(pathFor(), 'x'.repeat(16 * 1024 + 1)));
    expect(result.statusCode).toBe(413);
    isPage(result);
    expect(sent).toEqual([]);
  });
});

describe('a link', () => {
  it('lies under the public address, and holds ids only', () => {
    const path = pathFor();
    expect(path).toMatch(/^\/billing\/unsubscribe\/[\w-]+\.[\w-]{43}$/);
    const payload = path.split('/').at(-1)!.split('.')[0]!;
    expect(Buffer.from(payload, 'base64url').toString()).toBe('["sub_1","cus_1","marketing"]');
  });
});
