import { describe, expect, it } from 'vitest';

import { renderSample, sampleOf } from '../../local/emails/samples.ts';
import { CATALOGUES } from '../../worker/email/catalogue.ts';
import { render, type Branding, type RenderedEmail } from '../../worker/email/render.ts';
import { EMAIL_RULES, EMAIL_TYPES, type EmailType } from '../../workflows/domain/email-types.ts';
import type { EmailData } from '../../workflows/domain/emails.ts';
import { formatMoney } from '../../workflows/domain/format-money.ts';
import type { Customer } from '../../workflows/domain/state.ts';

const branding: Branding = {
  product: 'Acme',
  manageUrl: 'https://acme.example/account?id={id}',
};
const WAY_OUT = 'https://acme.example/unsubscribe?token=a&b=1';

interface Change {
  data?: Partial<EmailData>;
  to?: Partial<Customer>;
  locale?: string;
}

const rendered = (type: EmailType, { data, to, locale = 'en' }: Change = {}, by = branding) => {
  const sample = sampleOf(type, locale);
  const email = { ...sample, to: { ...sample.to, ...to }, data: { ...sample.data, ...data } };
  return render(email, by, { unsubscribeUrl: WAY_OUT });
};

/** Nothing is known but what has to be. */
const bare = (type: EmailType, locale: string): Promise<RenderedEmail> => {
  const { data, to, ...email } = sampleOf(type, locale);
  const plan = data.plan!;
  const price = { amount: 0, currency: 'usd' };
  return render(
    { ...email, to: { id: to.id, locale }, data: { plan, price, hasPaymentMethod: false } },
    branding,
    { unsubscribeUrl: WAY_OUT },
  );
};

const UNFINISHED =
  /undefined|null|NaN|Invalid Date|\[object|[{}]|\bnone\b| [.,;:](?!\w)|  |[.,]{2}|\( *\)|（）/;
const plain = (text: string): string => text.replaceAll(/[\u00a0\u202f]/g, ' ');

const cases = Object.keys(CATALOGUES).flatMap((locale) =>
  EMAIL_TYPES.map((type) => [type, locale] as const),
);

describe.each(cases)('%s in %s', (type, locale) => {
  const url = 'https://acme.example/account?id=sub_1';
  // Of an order, or a decision, there is no subscription to manage.
  const isOfSubscription = !/^(order|approval)_/.test(type);

  it.each([
    ['with all that it may say', () => rendered(type, { locale })],
    ['with nothing but what has to be known', () => bare(type, locale)],
  ])('is whole, in HTML and in text, %s', async (_, write) => {
    const email = await write();
    expect(email.locale).toBe(locale);
    expect(email.subject).not.toBe('');
    expect(email.html).toContain(`<html lang="${locale}" dir="ltr">`);
    for (const body of [email.html, email.text]) {
      expect(body.includes(url) || !isOfSubscription).toBe(true);
    }
    for (const said of [email.subject, email.text]) expect(said).not.toMatch(UNFINISHED);
    expect(email.html).not.toMatch(/undefined|null|NaN|\[object|[{}]|>\s*<\/(p|h1|a|title)>/);
    expect(email.text).not.toMatch(/<[a-z]|\n\n\n|&[a-z]+;/);
  });

  it('has a way out if it is promotional, and only then', async () => {
    const { html, text } = await rendered(type, { locale });
    const isPromotion = EMAIL_RULES[type].stream === 'marketing';
    expect(text.includes(WAY_OUT)).toBe(isPromotion);
    expect(html.includes(WAY_OUT.replace('&', '&amp;'))).toBe(isPromotion);
  });
});

it('mail about an order has no subscription to manage', async () => {
  const { html, text } = await rendered('order_confirmed');
  for (const body of [html, text]) expect(body).not.toMatch(/Manage|subscription/);
});

it('promotional e-mail without a way out is not made', async () => {
  await expect(render(sampleOf('win_back', 'en'), branding)).rejects.toThrow('unsubscribe URL');
});

it('the samples of the preview are whole', async () => {
  const { text } = await renderSample('win_back', 'en');
  expect(text).toContain('Questions? Write to us: help@acme.example');
  expect(text).toContain('Unsubscribe from such e-mails\nhttps://');
});

describe('what is not known', () => {
  it('is not promised: a charge without a payment method, a price that is none', async () => {
    const cardless = await rendered('trial_ending', { data: { hasPaymentMethod: false } });
    expect(cardless.text).toContain('please make sure that we have a payment method for you');
    expect(cardless.text).not.toContain('do not need to do anything');
    const free = { amount: 0, currency: 'usd' };
    for (const type of EMAIL_TYPES) {
      const { text } = await rendered(type, { data: { price: free, amount: free } });
      expect(text).not.toContain('$0.00');
    }
  });

  it('a renewal is not announced once it is past, or if the subscription ends before', async () => {
    const past = await rendered('receipt', { data: { periodEnd: '2026-12-04T10:00:00.000Z' } });
    expect(past.text).toContain('Your subscription renews every month, for $19.00 each time.');
    const cancelAt = '2027-02-04T10:00:00.000Z';
    const { text } = await rendered('receipt', { data: { cancelAt } });
    expect(text).toContain('As you have asked, your subscription ends on February 4, 2027.');
    expect(text).not.toContain('renews');
  });

  it('a cancellation that takes effect after a renewal says that it renews before', async () => {
    const cancelAt = '2027-04-04T10:00:00.000Z';
    const { text } = await rendered('cancellation_scheduled', { data: { cancelAt } });
    expect(text).toContain('Before that it still renews on March 4, 2027 for $19.00.');
    expect(text).not.toContain('nothing more will be charged');
  });
});

describe('a welcome', () => {
  it('states the terms: when the trial ends, and what is charged then', async () => {
    const { text } = await rendered('welcome');
    expect(text).toContain('It ends on December 4, 2026.');
    expect(text).toContain(
      'it goes on as a paid subscription on December 4, 2026, for $19.00 every month.',
    );
  });

  it('without a trial speaks of none', async () => {
    const { text, subject } = await bare('welcome', 'en');
    expect(subject).toBe('Welcome to Acme');
    expect(text).not.toContain('trial');
  });
});

describe('a failed payment', () => {
  it('says when it is tried again and until when it has to go through', async () => {
    const { text } = await rendered('payment_failed');
    expect(text).toContain('We will try again on February 7, 2027.');
    expect(text).toContain('the payment has to go through by February 11, 2027.');
  });

  it('promises no other try that is not planned', async () => {
    expect((await bare('payment_failed', 'en')).text).not.toContain('try again');
  });
});

describe('a change of plan', () => {
  it('is told with both plans, and what was charged', async () => {
    const { text } = await rendered('plan_changed');
    expect(text).toContain('You have changed from the basic plan to the pro plan.');
    expect(text).toContain('We have charged $7.00 for the change.');
  });

  it('that lies ahead is told with its day', async () => {
    const changeAt = '2027-03-04T10:00:00.000Z';
    const { subject, text } = await rendered('plan_changed', { data: { changeAt } });
    expect(subject).toBe('Your Acme plan changes on March 4, 2027');
    expect(text).toContain('From then on the price is $19.00 every month.');
  });

  it('of the quantity alone is no change to another plan', async () => {
    const plan = sampleOf('plan_changed', 'en').data.plan!;
    const { text } = await rendered('plan_changed', { data: { previousPlan: plan } });
    expect(text).toContain('You are now on the pro plan.');
  });
});

describe('the button', () => {
  const pay = 'https://pay.example/in_1';

  it('leads to the payment where there is a link to it', async () => {
    const { html, text } = await rendered('payment_failed', { data: { actionUrl: pay } });
    expect(html).toMatch(new RegExp(`<a href="${pay}"[^>]*>Pay now</a>`));
    expect(text).toContain(`Pay now\n${pay}`);
  });

  it('leads to the subscription otherwise', async () => {
    const { text } = await rendered('payment_failed');
    expect(text).toContain('Check payment method\nhttps://acme.example/account?id=sub_1');
  });

  it('follows nothing that is not of the web', async () => {
    const { html } = await rendered('payment_failed', {
      data: { actionUrl: 'javascript:alert(1)' },
    });
    expect(html).not.toContain('javascript:');
  });

  it('is not there where there is nothing to do', async () => {
    expect((await rendered('recovered')).html).not.toContain('bgcolor');
  });
});

describe('branding', () => {
  const own: Branding = {
    ...branding,
    logoUrl: 'https://acme.example/logo.png',
    colour: '#ffe14d',
    address: ['Acme Ltd', 'London <1>'],
    supportEmail: 'help@acme.example',
  };

  it('is the logo, the colour with a legible label, the address, and whom to write to', async () => {
    const { html, text } = await rendered('payment_failed', {}, own);
    expect(html).toContain('<img src="https://acme.example/logo.png" alt="Acme"');
    expect(html).toMatch(/background:#ffe14d.*\n.*color:#000000/);
    expect(html).toContain('London &lt;1&gt;');
    expect(html).toContain('mailto:help@acme.example');
    expect(text).toContain('Acme Ltd\nLondon <1>\n');
    expect(text).toContain('Questions? Write to us: help@acme.example');
  });

  it('a dark colour is written on in white', async () => {
    const { html } = await rendered('payment_failed', {}, { ...own, colour: '#401020' });
    expect(html).toContain('color:#ffffff');
  });

  it('the place of the id is found however it is written', async () => {
    const manageUrl = 'https://acme.example/%7Bid%7D/manage';
    const { text } = await rendered('receipt', {}, { ...branding, manageUrl });
    expect(text).toContain('https://acme.example/sub_1/manage');
  });
});

describe('what a customer wrote', () => {
  it('is text in HTML, never markup', async () => {
    const { html } = await rendered('receipt', { to: { name: '<script>alert(1)</script>' } });
    expect(html).not.toContain('<script>');
    expect(html).toContain('&lt;script&gt;');
  });

  it('is not taken for a message format', async () => {
    const { text } = await rendered('receipt', { to: { name: '{product, number} {{ x }}' } });
    expect(text).toContain('Hello {product, number} {{ x }},');
  });

  it.each(['constructor', '__proto__', 'toString'])('may be %s', async (name) => {
    expect((await rendered('receipt', { to: { name } })).text).toContain(`Hello ${name},`);
  });
});

describe('a date', () => {
  const trialEnd = '2026-12-04T23:30:00.000Z';
  it.each([
    ['Asia/Tokyo', 'en', 'ends on December 5, 2026'],
    ['America/Los_Angeles', 'en', 'ends on December 4, 2026'],
    ['Europe/Berlin', 'de', 'endet am 5. Dezember 2026'],
    ['Asia/Tokyo', 'ja', '2026年12月5日に終了します'],
    ['UTC', 'fr', 'se termine le 4 décembre 2026'],
    ['UTC', 'es', 'termina el 4 de diciembre de 2026'],
    ['UTC', 'en-GB', 'ends on 4 December 2026'],
    ['Mars/Olympus', 'en', 'ends on December 4, 2026'],
    ['', 'en', 'ends on December 4, 2026'],
    [undefined, 'en', 'ends on December 4, 2026'],
  ])('in %s, %s is that of the recipient', async (timezone, locale, said) => {
    const { id } = sampleOf('trial_ending', 'en').to;
    const sample = sampleOf('trial_ending', 'en');
    const to = { id, locale, ...(timezone !== undefined && { timezone }) };
    const email = { ...sample, to, data: { ...sample.data, trialEnd } };
    expect((await render(email, branding)).text).toContain(said);
  });

  it.each([
    ['en', 'at the end of August 2027'],
    ['de', 'Ende August 2027'],
    ['fr', 'fin août 2027'],
    ['es', 'a finales de agosto de 2027'],
    ['ja', '2027年8月末'],
  ])('of a card, in %s, is a month', async (locale, said) => {
    const to = { timezone: 'America/Los_Angeles' };
    expect((await rendered('card_expiring', { locale, to })).text).toContain(said);
  });

  it('of a card that makes no sense is left out', async () => {
    const { text } = await rendered('card_expiring', { data: { cardExpires: '2027-13' } });
    expect(text).toContain('expires soon.');
  });
});

describe('money', () => {
  it.each([
    ['en', 1900, 'usd', '$19.00'],
    ['en', 1, 'usd', '$0.01'],
    ['en', 500, 'jpy', '¥500'],
    ['ja', 1900, 'jpy', '￥1,900'],
    ['en', 1234, 'kwd', 'KWD 1.234'],
    ['fr', 1234, 'kwd', '1,234 KWD'],
    ['de', 123456, 'eur', '1.234,56 €'],
    ['de-AT', 123456, 'eur', '€ 1.234,56'],
    ['en', 9007199254740991, 'usd', '$90,071,992,547,409.91'],
  ])('in %s: %d %s is %s', (locale, amount, currency, text) => {
    expect(plain(formatMoney(locale, { amount, currency }))).toBe(text);
  });
});
