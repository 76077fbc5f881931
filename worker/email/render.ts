import { fileURLToPath } from 'node:url';

import { Liquid } from 'liquidjs';

import type { Email } from '../../workflows/domain/emails.ts';
import type { Money } from '../../workflows/domain/state.ts';
import type { Instant } from '../../workflows/domain/time.ts';
import { catalogueFor, format, type Catalogue } from './catalogue.ts';

/** What the merchant's e-mails have in common. */
export interface Branding {
  product: string;
  /** Where a customer manages the subscription; `{id}` stands for the subscription's id. */
  manageUrl: string;
}

export interface RenderedEmail {
  subject: string;
  html: string;
  text: string;
  locale: string;
}

const root = fileURLToPath(new URL('.', import.meta.url));
const html = new Liquid({ root, cache: true, outputEscape: 'escape' });
const text = new Liquid({ root, cache: true });

/** Addresses that belong to one e-mail alone. */
export interface Links {
  /** In promotional mail: where it can be stopped. */
  unsubscribeUrl?: string;
}

/** Subject, HTML and text of an e-mail in the language of its recipient. */
export async function render(
  email: Email,
  branding: Branding,
  links: Links = {},
): Promise<RenderedEmail> {
  const { locale, texts } = catalogueFor(email.to.locale);
  const values = valuesOf(email, branding, locale, texts);
  const say = (message: string): string => format(locale, message, values);
  const { subject, heading, paragraphs } = texts[email.type];
  const { frame } = texts;
  const scope = {
    locale,
    product: branding.product,
    subject: say(subject),
    heading: say(heading),
    greeting: say(email.to.name ? frame.greeting : frame.greetingWithoutName),
    paragraphs: paragraphs.map(say),
    manage: say(frame.manage),
    manageUrl: branding.manageUrl.replaceAll('{id}', encodeURIComponent(email.subscription)),
    footer: say(frame.footer),
    ...links,
  };
  return {
    locale,
    subject: scope.subject,
    html: (await html.renderFile('layout.html.liquid', scope)) as string,
    text: (await text.renderFile('layout.text.liquid', scope)) as string,
  };
}

function valuesOf(
  { to, data }: Email,
  { product }: Branding,
  locale: string,
  texts: Catalogue,
): Record<string, string | number> {
  const day = (instant: Instant | undefined): string => (instant ? formatDay(locale, instant) : '');
  const { plan, price, amount, trialEnd, periodEnd, cancelAt, endedAt, hasPaymentMethod } = data;
  const { interval, intervalCount: count = 1 } = plan;
  return {
    product,
    plan: plan.id,
    name: to.name ?? '',
    price: formatMoney(locale, price),
    amount: formatMoney(locale, amount ?? price),
    period: format(locale, texts.period, { interval, count }),
    hasPrice: price.amount > 0 ? 'yes' : 'no',
    hasPaymentMethod: hasPaymentMethod ? 'yes' : 'no',
    hasTrial: trialEnd ? 'yes' : 'no',
    hasPeriod: periodEnd ? 'yes' : 'no',
    trialEnd: day(trialEnd),
    periodEnd: day(periodEnd),
    cancelAt: day(cancelAt),
    endedAt: day(endedAt),
  };
}

/** Minor units become a decimal exactly, by the exponent of the string, never by division. */
export function formatMoney(locale: string, { amount, currency }: Money): string {
  const formatter = new Intl.NumberFormat(locale, { style: 'currency', currency });
  const digits = formatter.resolvedOptions().maximumFractionDigits ?? 2;
  return formatter.format(`${amount}e-${digits}` as Intl.StringNumericLiteral);
}

const formatDay = (locale: string, instant: Instant): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(instant));
