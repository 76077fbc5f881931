import { describe, expect, it } from 'vitest';

import { CATALOGUES, languageFor } from '../../worker/email/catalogue.ts';
import { mentionedIn, messagesOf, problemsOf } from '../../worker/email/check.ts';
import { EMAIL_TYPES } from '../../workflows/domain/email-types.ts';

const LOCALES = Object.keys(CATALOGUES) as (keyof typeof CATALOGUES)[];

/** The messages by path, each with the values that it mentions. */
const outline = (locale: keyof typeof CATALOGUES): Record<string, string[]> =>
  Object.fromEntries(
    messagesOf(CATALOGUES[locale])
      .map(({ path, message }) => [path, mentionedIn(locale, message).toSorted()] as const)
      .toSorted(([a], [b]) => a.localeCompare(b)),
  );

describe.each(LOCALES)('the catalogue %s', (locale) => {
  it('has every e-mail, and nothing else', () => {
    expect(Object.keys(CATALOGUES[locale]).toSorted()).toEqual(
      [...EMAIL_TYPES, 'frame', 'period'].toSorted(),
    );
  });

  it('says what the English one says: the same messages with the same values', () => {
    expect(outline(locale)).toEqual(outline('en'));
  });

  it('is one that a merchant could have written: no value that does not exist, none that may be missing', () => {
    expect(problemsOf(locale, CATALOGUES[locale])).toEqual([]);
  });

  it('has no straight apostrophe, which would quote a brace', () => {
    expect(JSON.stringify(CATALOGUES[locale])).not.toContain("'");
  });
});

describe('the language of a recipient', () => {
  const heading = (wanted: string | undefined): string =>
    languageFor(CATALOGUES, wanted).say((texts) => texts.trial_expired?.heading, {});

  it.each([
    ['en', 'en', 'Your trial has ended'],
    ['en-GB', 'en-GB', 'Your trial has ended'],
    ['en_US', 'en-US', 'Your trial has ended'],
    ['de', 'de', 'Ihr Testzeitraum ist beendet'],
    ['de-AT', 'de-AT', 'Ihr Testzeitraum ist beendet'],
    ['DE-at', 'de-AT', 'Ihr Testzeitraum ist beendet'],
    ['de-Latn-CH-u-co-phonebk', 'de-Latn-CH', 'Ihr Testzeitraum ist beendet'],
    ['fr-CA', 'fr-CA', 'Votre essai est terminé'],
    ['es-419', 'es-419', 'Su prueba ha terminado'],
    ['ja-JP', 'ja-JP', '無料トライアルが終了しました'],
    ['pt-BR', 'en', 'Your trial has ended'],
    ['constructor', 'en', 'Your trial has ended'],
    ['not a locale', 'en', 'Your trial has ended'],
    ['', 'en', 'Your trial has ended'],
    [undefined, 'en', 'Your trial has ended'],
  ])('for %s is formatted as %s', (wanted, locale, text) => {
    expect(languageFor(CATALOGUES, wanted).locale).toBe(locale);
    expect(heading(wanted)).toBe(text);
  });

  it('is English message by message where a language is not complete', () => {
    const some = { ...CATALOGUES, pt: { trial_expired: { heading: 'A avaliação terminou' } } };
    const { locale, say } = languageFor(some, 'pt-BR');
    expect(locale).toBe('pt-BR');
    expect(say((texts) => texts.trial_expired?.heading, {})).toBe('A avaliação terminou');
    expect(say((texts) => texts.recovered?.heading, {})).toBe('All is well again');
  });
});

describe('how often is paid', () => {
  const period = (locale: string, interval: string, count: number): string =>
    languageFor(CATALOGUES, locale).say((texts) => texts.period, { interval, count });

  it.each([
    ['en', 'month', 1, 'every month'],
    ['en', 'quarter', 2, 'every 2 quarters'],
    ['de', 'week', 1, 'jede Woche'],
    ['de', 'year', 2, 'alle 2 Jahre'],
    ['fr', 'week', 3, 'toutes les 3 semaines'],
    ['fr', 'year', 1, 'chaque année'],
    ['es', 'month', 6, 'cada 6 meses'],
    ['ja', 'month', 1, '毎月'],
    ['ja', 'month', 3, '3か月ごとに'],
  ])('in %s: %s × %d is %s', (locale, interval, count, text) => {
    expect(period(locale, interval, count)).toBe(text);
  });
});
