import type { IntlMessageFormat } from 'intl-messageformat';

import { parse, type PartialCatalogue } from './catalogue.ts';
import { NONE, VALUES } from './values.ts';

type Element = ReturnType<IntlMessageFormat['getAst']>[number];

type Known = Readonly<Record<string, { means?: string; optional?: true }>>;

/** The parser's numbers for the two kinds of element that look alike. */
const LITERAL: Element['type'] = 0;
const ARGUMENT: Element['type'] = 1;

/** The length of a period is counted and is never absent; all others are {@link VALUES}. */
const COUNT = 'count';
const OF_PERIOD: Known = { interval: {}, [COUNT]: {} };

/** What is wrong with the messages of a catalogue: each entry begins with the path of the message. */
export function problemsOf(locale: string, catalogue: PartialCatalogue): string[] {
  return messagesOf(catalogue).flatMap(({ path, message }) =>
    check(locale, message, path === 'period' ? OF_PERIOD : VALUES).map(
      (problem) => `${path}: ${problem}`,
    ),
  );
}

/** Every message of a catalogue with its path, `welcome.paragraphs[1]`. */
export function messagesOf(value: unknown, path = ''): { path: string; message: string }[] {
  if (typeof value === 'string') return [{ path, message: value }];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => messagesOf(item, `${path}[${index}]`));
  }
  return Object.entries(value as object).flatMap(([key, item]) =>
    messagesOf(item, path === '' ? key : `${path}.${key}`),
  );
}

/** The values that a message mentions or chooses by, each once. */
export const mentionedIn = (locale: string, message: string): string[] => [
  ...new Set(
    flatten(parse(locale, message).getAst()).flatMap((element) =>
      'value' in element && element.type !== LITERAL ? [element.value] : [],
    ),
  ),
];

const flatten = (elements: Element[]): Element[] =>
  elements.flatMap((element) => [
    element,
    ...('options' in element
      ? Object.values(element.options).flatMap(({ value }) => flatten(value))
      : []),
  ]);

function check(locale: string, message: string, known: Known): string[] {
  try {
    return walk(parse(locale, message).getAst(), known, []);
  } catch (error) {
    return [`is not an ICU message: ${complaint(error)}; correct it there`];
  }
}

/** The parser says what it has missed by a name in capitals. */
function complaint(error: unknown): string {
  const { message, location } = error as Error & { location?: { start: { column: number } } };
  const words = message.toLowerCase().replaceAll('_', ' ');
  return location === undefined ? words : `${words} at character ${location.start.column}`;
}

/** `present` are the values of which it is clear here that there is one. */
function walk(elements: Element[], known: Known, present: string[]): string[] {
  return elements.flatMap((element): string[] => {
    // The `#` of a plural.
    if (!('value' in element)) return [];
    const { value: name } = element;
    if (element.type === LITERAL) {
      if (known === OF_PERIOD && name.includes('#')) {
        return ['has a # that is no number inside a select; write {count}'];
      }
      return /[{}]/.test(name)
        ? [`has a brace that belongs to nothing in "${name.trim()}"; remove it`]
        : [];
    }
    if (element.type === ARGUMENT) return mention(name, known, present);
    if (!('options' in element)) return [`{${name}, …} is formatted already; write {${name}}`];
    const { options } = element;
    const inside = Object.entries(options).flatMap(([key, { value }]) =>
      walk(value, known, key !== NONE && NONE in options ? [...present, name] : present),
    );
    if (!Object.hasOwn(known, name)) return [doesNotExist(name, known), ...inside];
    if ('pluralType' in element && name !== COUNT) {
      return [`{${name}, plural, …} counts nothing; only "period" has something to count`];
    }
    return inside;
  });
}

function mention(name: string, known: Known, present: string[]): string[] {
  if (!Object.hasOwn(known, name)) return [doesNotExist(name, known)];
  if (known[name]!.optional === undefined || present.includes(name)) return [];
  const instead = `{${name}, select, ${NONE} {…} other {… {${name}} …}}`;
  return [`{${name}} may not be known; write ${instead}, which says what to say then`];
}

const doesNotExist = (name: string, known: Known): string =>
  `{${name}} does not exist; there are ${Object.keys(known).join(', ')}`;
