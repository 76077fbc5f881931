import { IntlMessageFormat } from 'intl-messageformat';

import type { EmailType } from '../../workflows/domain/emails.ts';
import en from './catalogue/en.json' with { type: 'json' };

/** The texts of one e-mail, as ICU messages. */
interface Texts {
  subject: string;
  heading: string;
  paragraphs: string[];
}

/** All texts of one language. */
export type Catalogue = Record<EmailType, Texts> & {
  frame: Record<'greeting' | 'greetingWithoutName' | 'manage' | 'footer', string>;
  /** The length of a billing period, from `count` and `interval`. */
  period: string;
};

const FALLBACK = 'en';
const catalogues: Record<string, Catalogue> = { en };

/** The texts for a locale, or for its language, or English; `locale` is the one they are formatted in. */
export function catalogueFor(wanted: string | undefined): { locale: string; texts: Catalogue } {
  const locale = canonical(wanted);
  const language = locale?.split('-')[0];
  const texts = (locale && catalogues[locale]) ?? (language && catalogues[language]);
  return texts ? { locale: locale!, texts } : { locale: FALLBACK, texts: en };
}

function canonical(locale: string | undefined): string | undefined {
  try {
    return Intl.getCanonicalLocales(locale?.replaceAll('_', '-'))[0];
  } catch {
    return undefined;
  }
}

const compiled = new Map<string, IntlMessageFormat>();

/** Fills in an ICU message; messages are compiled once for each locale. */
export function format(
  locale: string,
  message: string,
  values: Record<string, string | number>,
): string {
  const key = `${locale} ${message}`;
  const formatter = compiled.get(key) ?? new IntlMessageFormat(message, locale);
  compiled.set(key, formatter);
  return String(formatter.format(values));
}
