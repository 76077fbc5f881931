import { describe, expect, it } from 'vitest';

import { readConfig } from '../../worker/config.ts';

const complete = {
  TABLE_NAME: 'perennial',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.example/dead',
  STRIPE_API_KEY: 'sk_test_x',
  EMAIL_FROM: 'Acme <billing@acme.example>',
  PRODUCT_NAME: 'Acme',
  MANAGE_URL: 'https://acme.example/account?id={id}',
  PUBLIC_URL: 'https://billing.acme.example/',
  LINK_SECRET: 'a new secret of links, an old secret of links',
};

it('a complete environment is read', () => {
  expect(readConfig(complete)).toMatchObject({ tableName: 'perennial', logLevel: 'INFO' });
});

it('the first of the secrets signs links, under the public address', () => {
  expect(readConfig(complete).links).toEqual({
    publicUrl: 'https://billing.acme.example',
    secret: 'a new secret of links',
  });
});

it('promotional mail goes the way of the other mail, unless it is given its own', () => {
  const { senders } = readConfig({ ...complete, SES_CONFIGURATION_SET: 'billing' }).email;
  expect(senders.marketing).toEqual(senders.transactional);
  const own = {
    EMAIL_FROM_MARKETING: 'News <a@b.example>',
    SES_CONFIGURATION_SET_MARKETING: 'news',
  };
  expect(readConfig({ ...complete, ...own }).email.senders).toEqual({
    transactional: { from: complete.EMAIL_FROM, configurationSet: undefined },
    marketing: { from: 'News <a@b.example>', configurationSet: 'news' },
  });
});

it('links of a stack on this machine need no HTTPS', () => {
  const { links } = readConfig({ ...complete, PUBLIC_URL: 'http://127.0.0.1:4800' });
  expect(links.publicUrl).toBe('http://127.0.0.1:4800');
});

it.each(Object.keys(complete))('without %s the worker does not start, and says so', (name) => {
  expect(() => readConfig({ ...complete, [name]: undefined })).toThrow(name);
});

it.each([
  ['SMTP_URL', 'http://mail.example'],
  ['LOG_LEVEL', 'chatty'],
  ['MANAGE_URL', 'account'],
  ['PUBLIC_URL', 'http://billing.acme.example'],
  ['PUBLIC_URL', 'http://localhost.evil.example'],
  ['LINK_SECRET', 'short'],
  ['LINK_SECRET', ',the second one is long enough'],
])('a wrong %s is named', (name, value) => {
  expect(() => readConfig({ ...complete, [name]: value })).toThrow(name);
});

it('an error does not repeat a secret', () => {
  const wrong = {
    ...complete,
    STRIPE_API_KEY: '',
    MANAGE_URL: 'sk_live_secret',
    LINK_SECRET: 'hush',
  };
  expect(() => readConfig(wrong)).toThrow(
    expect.not.stringMatching(/sk_live_secret|hush/) as never,
  );
});

describe('the webhooks to tell of events', () => {
  const hook = { name: 'crm', url: 'https://crm.example/hook', secret: 'whsec_cGVyZW5uaWFs' };
  const read = (hooks: unknown) =>
    readConfig({ ...complete, OUTBOUND_WEBHOOKS: JSON.stringify(hooks) }).events;

  it('are none, and there is no bus, unless named', () => {
    expect(readConfig(complete).events).toEqual({ webhooks: [] });
  });

  it('are read, with the bus', () => {
    const { secret: _secret, ...bare } = hook;
    const arn = 'arn:aws:secretsmanager:us-east-1:1:secret:crm';
    const types = ['perennial.subscription.ended'];
    const hooks = [hook, { ...bare, name: 'own', secretArn: arn, types, url: 'http://[::1]:9/' }];
    const bus = { EVENT_BUS_NAME: 'perennial', OUTBOUND_WEBHOOKS: JSON.stringify(hooks) };
    expect(readConfig({ ...complete, ...bus }).events).toEqual({
      busName: 'perennial',
      webhooks: [
        { ...bare, secret: { list: [hook.secret] } },
        { name: 'own', url: 'http://[::1]:9/', types, secret: { arn } },
      ],
    });
  });

  it.each([
    ['OUTBOUND_WEBHOOKS', { crm: hook }],
    ['OUTBOUND_WEBHOOKS', [hook, hook]],
    ['OUTBOUND_WEBHOOKS[0]', [{ ...hook, verify: false }]],
    ['OUTBOUND_WEBHOOKS[0].name', [{ ...hook, name: 'the crm' }]],
    ['OUTBOUND_WEBHOOKS[0].url', [{ ...hook, url: 'crm' }]],
    ['OUTBOUND_WEBHOOKS[0].url', [{ ...hook, url: 'ftp://crm.example' }]],
    ['OUTBOUND_WEBHOOKS[0].url', [{ ...hook, url: 'http://crm.example' }]],
    ['OUTBOUND_WEBHOOKS[0].url', [{ ...hook, url: 'http://localhost.crm.example' }]],
    ['OUTBOUND_WEBHOOKS[0].url', [{ ...hook, url: 'https://ada:pass@crm.example' }]],
    ['OUTBOUND_WEBHOOKS[1].secret', [hook, { ...hook, name: 'b', secret: 'cGVyZW5uaWFs' }]],
    ['OUTBOUND_WEBHOOKS[0].secret', [{ ...hook, secret: 'whsec_pass!' }]],
    ['OUTBOUND_WEBHOOKS[0].secret', [{ ...hook, secretArn: 'arn:aws:a' }]],
    ['OUTBOUND_WEBHOOKS[0].secret', [{ ...hook, secret: undefined }]],
    ['OUTBOUND_WEBHOOKS[0].types[0]', [{ ...hook, types: ['ended'] }]],
  ])('are wrong at %s', (path, hooks) => {
    const repeatsNothing = expect.not.stringMatching(/pass|cGVyZW5uaWFs/) as never;
    expect(() => read(hooks)).toThrow(
      new RegExp(`at ${path.replaceAll(/[[\]]/g, String.raw`\$&`)}$`),
    );
    expect(() => read(hooks)).toThrow(repeatsNothing);
  });

  it('have to be JSON', () => {
    const text = `[{"secret":"${hook.secret}"`;
    const config = () => readConfig({ ...complete, OUTBOUND_WEBHOOKS: text });
    expect(config).toThrow(/is not JSON\n.*at OUTBOUND_WEBHOOKS$/);
  });
});

describe('SHADOW', () => {
  it.each([
    [{}, false],
    [{ SHADOW: 'false' }, false],
    [{ SHADOW: 'true' }, true],
  ])('%j', (more, expected) => {
    expect(readConfig({ ...complete, ...more }).isShadow).toBe(expected);
  });

  it.each(['', '1', 'yes', 'TRUE'])('is not "%s", which might be meant otherwise', (SHADOW) => {
    expect(() => readConfig({ ...complete, SHADOW })).toThrow('SHADOW');
  });
});
