import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { pipeline } from 'node:stream';

import { CsvError, parse } from 'csv-parse';

import type { ProviderSubscription } from '../../workflows/domain/provider.ts';
import { COLUMNS, SUBSCRIPTION, unflatten } from './columns.ts';

/** One subscription of the source, unjudged. */
export interface Row {
  line: number;
  subscription: unknown;
  data: Record<string, unknown>;
  /** Why there is nothing to judge. */
  unreadable?: string;
  /** What the provider says of it, where that is the source. */
  seen?: ProviderSubscription;
}

/** The source cannot be read at all; the message is for whoever wrote it. */
class Unreadable extends Error {}

export const isCsv = (file: string): boolean => /\.csv$/i.test(file);

/** The rows of a file, by the ending of its name. */
export function readRows(file: string): AsyncIterable<Row> {
  if (isCsv(file)) return readCsv(file);
  if (/\.(ndjson|jsonl)$/i.test(file)) return readNdjson(file);
  throw new Unreadable(`${file}: the name has to end in .ndjson, .jsonl or .csv.`);
}

async function* readNdjson(file: string): AsyncIterable<Row> {
  const lines = createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity });
  let line = 0;
  for await (const text of lines) {
    line += 1;
    const json = text.replace(/^\uFEFF/, '').trim();
    if (json !== '') yield fromJson(line, json);
  }
}

function fromJson(line: number, text: string): Row {
  const nothing = { line, subscription: undefined, data: {} };
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject
      ? rowOf(line, value as Record<string, unknown>)
      : { ...nothing, unreadable: 'the line is not a JSON object' };
  } catch {
    return { ...nothing, unreadable: 'the line is not JSON' };
  }
}

async function* readCsv(file: string): AsyncIterable<Row> {
  const parser = parse({ bom: true, columns: checkedHeader, info: true, skip_empty_lines: true });
  // What goes wrong with the file is thrown to whoever reads the records.
  const records = pipeline(createReadStream(file), parser, () => undefined);
  try {
    for await (const { record, info } of records as AsyncIterable<{
      record: Record<string, string>;
      info: { lines: number };
    }>) {
      yield rowOf(info.lines, unflatten(record));
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The parser's own words may repeat a line, and a line holds an address.
    const { code, lines } = error as CsvError & { lines?: number };
    throw new Unreadable(`${file}: line ${lines ?? '?'} is not CSV (${code}).`);
  }
}

/** A column that nobody knows is rather a misspelt one than one to be left out. */
function checkedHeader(names: string[]): string[] {
  const known = Object.keys(COLUMNS);
  const header = names.map((name) => name.trim().toLowerCase());
  const unknown = header.filter((name) => !known.includes(name));
  const missing = Object.entries<{ isRequired?: true }>(COLUMNS).flatMap(([name, column]) =>
    column.isRequired && !header.includes(name) ? [name] : [],
  );
  const twice = header.filter((name, index) => header.indexOf(name) !== index);
  if (unknown.length > 0) {
    throw new Unreadable(
      `The first line has columns that are not known: ${unknown.join(', ')}. Known are ${known.join(', ')}.`,
    );
  }
  if (twice.length > 0) throw new Unreadable(`The first line names ${twice.join(', ')} twice.`);
  if (missing.length > 0) throw new Unreadable(`The first line lacks ${missing.join(', ')}.`);
  return header;
}

function rowOf(line: number, { [SUBSCRIPTION]: subscription, ...data }: Record<string, unknown>) {
  return { line, subscription, data };
}
