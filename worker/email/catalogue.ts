import { IntlMessageFormat } from 'intl-messageformat';

import type { EmailType } from '../../workflows/domain/email-types.ts';
import de from './catalogue/de.json' with { type: 'json' };
import en from './catalogue/en.json' with { type: 'json' };
import es from './catalogue/es.json' with { type: 'json' };
import fr from './catalogue/fr.json' with { type: 'json' };
import ja from './catalogue/ja.json' with { type: 'json' };

/** The texts of one e-mail, as ICU messages; a paragraph that comes out empty is left out. */
export interface Texts {
  subject: string;
  heading: string;
  paragraphs: string[];
  /** What the button says; no button where this comes out empty. */
  action?: string;
  /** What the link to the subscription says, where that is not the usual. */
  manage?: string;
}

/** What every e-mail has around its texts. */
export type Frame = Record<
  'greeting' | 'manage' | 'support' | 'footer' | 'other' | 'promotion' | 'unsubscribe',
  string
>;

/** All texts of one language. */
export type Catalogue = Record<EmailType, Texts> & {
  frame: Frame;
  /** How often is paid, `every month`, from `count` and `interval`. */
  period: string;
};

/** The texts of one language as far as there are any. */
export type PartialCatalogue = Partial<Record<EmailType, Partial<Texts>>> & {
  frame?: Partial<Frame>;
  period?: string;
};

export type Catalogues = Readonly<Record<string, PartialCatalogue>>;

const FALLBACK = 'en';

/** The languages that we speak. */
export const CATALOGUES = { de, en, es, fr, ja } satisfies Record<string, Catalogue>;

/** How one recipient is spoken to. */
export interface Language {
  /** What dates and money are formatted in. */
  locale: string;
  /** One message, or the empty string where there is none in any language. */
  say: (pick: (texts: PartialCatalogue) => string | undefined, values: Values) => string;
  /** A list of messages, all of one language. */
  sayAll: (pick: (texts: PartialCatalogue) => string[] | undefined, values: Values) => string[];
}

export type Values = Record<string, string | number>;

/** Each text is that of the locale, or else of its language, or else English. */
export function languageFor(catalogues: Catalogues, wanted: string | undefined): Language {
  const locale = canonical(wanted);
  const spoken = ancestors(locale).filter((name) => Object.hasOwn(catalogues, name));
  const chain = spoken.includes(FALLBACK) ? spoken : [...spoken, FALLBACK];
  const find = <T>(pick: (texts: PartialCatalogue) => T | undefined): [string, T] | undefined => {
    for (const name of chain) {
      const found = pick(catalogues[name]!);
      if (found !== undefined) return [name, found];
    }
    return undefined;
  };
  return {
    locale: locale !== undefined && spoken.length > 0 ? locale : FALLBACK,
    say(pick, values) {
      const found = find(pick);
      return found ? format(found[0], found[1], values) : '';
    },
    sayAll(pick, values) {
      const [name, messages] = find(pick) ?? [FALLBACK, []];
      return messages.map((message) => format(name, message, values));
    },
  };
}

/** `zh-Hant-TW`, `zh-Hant`, `zh`. */
function ancestors(locale: string | undefined): string[] {
  const parts = locale?.split('-') ?? [];
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('-'));
}

/** The tag as it is usually written and without its extensions, or nothing if it is none. */
export function canonical(locale: string | undefined): string | undefined {
  if (locale === undefined) return undefined;
  try {
    return new Intl.Locale(locale.replaceAll('_', '-')).baseName;
  } catch {
    return undefined;
  }
}

/** Reads an ICU message; a `<` in it is no more than that. Throws on anything that is none. */
export const parse = (locale: string, message: string): IntlMessageFormat =>
  new IntlMessageFormat(message, locale, undefined, { ignoreTag: true });

const parsed = new Map<string, IntlMessageFormat>();

/** Messages are parsed once; by the name of their catalogue, of which there are few, never by what recipients ask for. */
function format(name: string, message: string, values: Values): string {
  const key = `${name} ${message}`;
  const formatter = parsed.get(key) ?? parse(name, message);
  parsed.set(key, formatter);
  return String(formatter.format(values)).trim();
}
