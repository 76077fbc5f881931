import type { IntlMessageFormat } from 'intl-messageformat';

import { parse, type PartialCatalogue } from './catalogue.ts';
import { NONE, VALUES } from './values.ts';

type Element = ReturnType<IntlMessageFormat['getAst']>[number];

type Known = Readonly<Record<string, { means?: string; optional?: true }>>;

/** The kinds of element of a parsed message that texts may have. */
const KIND = { literal: 0, argument: 1, select: 5, plural: 6, count: 7 } as const;

/** The length of a period is counted and is never absent; all others are {@link VALUES}. */
const OF_PERIOD: Known = { interval: {}, count: {} };

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
      'value' in element && element.type !== KIND.literal ? [element.value] : [],
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
    switch (element.type) {
      case KIND.literal:
        return /[{}]/.test(element.value)
          ? [`has a brace that belongs to nothing in "${element.value.trim()}"; remove it`]
          : [];
      case KIND.argument:
        return mention(element.value, known, present);
      case KIND.select: {
        const { value: name, options } = element;
        const unknown = Object.hasOwn(known, name) ? [] : [doesNotExist(name, known)];
        const inner = Object.entries(options).flatMap(([key, { value }]) =>
          walk(value, known, key !== NONE && NONE in options ? [...present, name] : present),
        );
        return [...unknown, ...inner];
      }
      case KIND.plural:
        return element.value in OF_PERIOD && element.value in known
          ? Object.values(element.options).flatMap(({ value }) => walk(value, known, present))
          : [`{${element.value}, plural, …} counts nothing; only the message "period" can count`];
      case KIND.count:
        return [];
      default:
        return 'value' in element
          ? [`{${element.value}, …} is formatted already; write {${element.value}}`]
          : ['has a tag; texts are plain'];
    }
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
