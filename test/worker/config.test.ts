import { expect, it } from 'vitest';

import { readConfig } from '../../worker/config.ts';

const complete = {
  TABLE_NAME: 'perennial',
  DEAD_LETTER_QUEUE_URL: 'https://sqs.example/dead',
  STRIPE_API_KEY: 'sk_test_x',
  EMAIL_FROM: 'Acme <billing@acme.example>',
  PRODUCT_NAME: 'Acme',
  MANAGE_URL: 'https://acme.example/account?id={id}',
};

it('a complete environment is read', () => {
  expect(readConfig(complete)).toMatchObject({ tableName: 'perennial', logLevel: 'INFO' });
});

it.each(Object.keys(complete))('without %s the worker does not start, and says so', (name) => {
  expect(() => readConfig({ ...complete, [name]: undefined })).toThrow(name);
});

it.each([
  ['SMTP_URL', 'http://mail.example'],
  ['LOG_LEVEL', 'chatty'],
  ['MANAGE_URL', 'account'],
])('a wrong %s is named', (name, value) => {
  expect(() => readConfig({ ...complete, [name]: value })).toThrow(name);
});

it('an error does not repeat a secret', () => {
  const wrong = { ...complete, STRIPE_API_KEY: '', MANAGE_URL: 'sk_live_secret' };
  expect(() => readConfig(wrong)).toThrow(expect.not.stringContaining('sk_live_secret') as never);
});
