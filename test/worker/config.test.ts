import { expect, it } from 'vitest';

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
