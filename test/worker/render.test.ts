import { describe, expect, it } from 'vitest';

import { catalogueFor } from '../../worker/email/catalogue.ts';
import en from '../../worker/email/catalogue/en.json' with { type: 'json' };
import { formatMoney, render } from '../../worker/email/render.ts';
import type { Email, EmailType } from '../../workflows/domain/emails.ts';
import { active, day, FIRST_PERIOD, T0, TRIAL_END } from '../support/fixtures.ts';

const branding = { product: 'Acme', manageUrl: 'https://acme.example/account?id={id}' };
const price = { amount: 1900, currency: 'usd' };

const email = (type: EmailType, more: Partial<Email> = {}): Email => ({
  key: `${type}:sub_1:x`,
  type,
  subscription: 'sub_1',
  at: T0,
  to: { id: 'cus_1', email: 'ada@example.com', name: 'Ada', locale: 'en' },
  data: {
    plan: active().plan,
    hasPaymentMethod: true,
    price,
    amount: price,
    trialEnd: TRIAL_END,
    periodEnd: FIRST_PERIOD.end,
    cancelAt: FIRST_PERIOD.end,
    endedAt: day(20),
  },
  ...more,
});

const TYPES = Object.keys(en).filter((key) => key !== 'frame' && key !== 'period') as EmailType[];

describe.each(TYPES)('%s', (type) => {
  it('is whole, in HTML and in text', async () => {
    const { subject, html, text, locale } = await render(email(type), branding);
    expect(locale).toBe('en');
    expect(subject).toMatch(/Acme/);
    for (const body of [html, text]) {
      expect(body).toContain('Hello Ada,');
      expect(body).toContain('https://acme.example/account?id=sub_1');
      expect(body).not.toMatch(/undefined|NaN|Invalid Date|[{}]\s*[a-z]+\s*,|\[object/);
    }
    expect(html).toMatch(/^<!doctype html>/);
    expect(text).not.toMatch(/<[a-z]/);
  });
});

describe('what is not known', () => {
  it('is not promised: a charge without a payment method, a price that is none', async () => {
    const known = email('trial_ending').data;
    const cardless = await render(
      email('trial_ending', { data: { ...known, hasPaymentMethod: false } }),
      branding,
    );
    expect(cardless.text).toContain('please make sure that we have a payment method for you');
    expect(cardless.text).not.toContain('do not need to do anything');
    const free = { ...known, price: { amount: 0, currency: 'usd' } };
    for (const type of ['welcome', 'trial_ending', 'receipt', 'converted'] as const) {
      expect((await render(email(type, { data: free }), branding)).text).not.toContain('$0.00');
    }
  });
});

describe('a welcome', () => {
  it('states the terms: when the trial ends, and what is charged then', async () => {
    const { text } = await render(email('welcome'), branding);
    expect(text).toContain('It ends on December 4, 2026.');
    expect(text).toContain(
      'it goes on as a paid subscription on December 4, 2026, for $19.00 every month',
    );
  });

  it('without a trial speaks of none', async () => {
    const { trialEnd: _trialEnd, ...data } = email('welcome').data;
    const { text, subject } = await render(email('welcome', { data }), branding);
    expect(subject).toBe('Welcome to Acme');
    expect(text).not.toContain('trial');
  });
});

describe('what a customer wrote', () => {
  it('is text in HTML, never markup', async () => {
    const to = { id: 'cus_1', email: 'a@example.com', name: '<script>alert(1)</script>' };
    const { html } = await render(email('receipt', { to }), branding);
    expect(html).not.toContain('<script>');
    expect(html).toContain('&lt;script&gt;');
  });

  it('is not taken for a message format', async () => {
    const to = { id: 'cus_1', email: 'a@example.com', name: '{product, number} {{ x }}' };
    const { text } = await render(email('receipt', { to }), branding);
    expect(text).toContain('Hello {product, number} {{ x }},');
  });
});

describe('money', () => {
  it.each([
    ['en', 1900, 'usd', '$19.00'],
    ['en', 1, 'usd', '$0.01'],
    ['en', 500, 'jpy', '¥500'],
    ['en', 1234, 'kwd', 'KWD 1.234'],
    ['de', 123456, 'eur', '1.234,56 €'],
    ['en', 9007199254740991, 'usd', '$90,071,992,547,409.91'],
  ])('in %s: %d %s is %s', (locale, amount, currency, text) => {
    expect(formatMoney(locale, { amount, currency }).replaceAll(/\u00a0|\u202f/g, ' ')).toBe(text);
  });
});

describe('the catalogue', () => {
  it.each([
    ['en', 'en'],
    ['en-GB', 'en-GB'],
    ['en_US', 'en-US'],
    ['xx', 'en'],
    ['not a locale', 'en'],
    [undefined, 'en'],
  ])('for %s speaks %s', (wanted, locale) => {
    expect(catalogueFor(wanted).locale).toBe(locale);
  });
});
