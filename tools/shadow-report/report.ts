import { paginateScan, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

import type { Email } from '../../workflows/domain/emails.ts';
import {
  CHARGE_PREFIX,
  EMAIL_PREFIX,
  partition,
  STATE_ROW,
} from '../../workflows/domain/records.ts';
import type { Money } from '../../workflows/domain/state.ts';
import type { Instant } from '../../workflows/domain/time.ts';

/** Something that a shadow would have let out. */
export interface Withheld {
  at: Instant;
  what: 'email' | 'charge';
  subscription: string;
  customer: string;
  /** Of e-mails. */
  type: string;
  /** What was charged, or what the e-mail says was; in minor units. */
  amount: number | '';
  currency: string;
  key: string;
}

interface Row {
  pk: string;
  sk: string;
  at: Instant;
  type: string;
  customer: string;
  shadow: Instant;
  amount: Money;
  data?: Email['data'];
}

const FILTER = `sk = :state
  OR (begins_with(sk, :email) AND #status = :shadow AND #at BETWEEN :from AND :to)
  OR (begins_with(sk, :charge) AND shadow BETWEEN :from AND :to)`;

/** Everything that was withheld between two instants, in the order of time. Reads the whole table. */
export async function withheld(
  table: DynamoDBDocumentClient,
  TableName: string,
  { from, to }: { from: Instant; to: Instant },
): Promise<Withheld[]> {
  const rows: Row[] = [];
  const pages = paginateScan(
    { client: table },
    {
      TableName,
      FilterExpression: FILTER,
      ExpressionAttributeNames: { '#status': 'status', '#at': 'at' },
      ExpressionAttributeValues: {
        ':state': STATE_ROW,
        ':email': EMAIL_PREFIX,
        ':charge': CHARGE_PREFIX,
        ':shadow': 'shadow',
        ':from': from,
        ':to': to,
      },
    },
  );
  for await (const { Items = [] } of pages) rows.push(...(Items as Row[]));
  const customers = new Map(
    rows.flatMap(({ pk, sk, customer }) => (sk === STATE_ROW ? [[pk, customer] as const] : [])),
  );
  return rows
    .filter(({ sk }) => sk !== STATE_ROW)
    .map((row) => ({
      ...(row.sk.startsWith(EMAIL_PREFIX) ? ofEmail(row) : ofCharge(row)),
      subscription: row.pk.slice(partition('').length),
      customer: customers.get(row.pk) ?? '',
    }))
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

type Part = Omit<Withheld, 'subscription' | 'customer'>;

const ofEmail = ({ sk, at, type, data }: Row): Part => {
  const key = sk.slice(EMAIL_PREFIX.length);
  const { amount = '', currency = '' } = data?.amount ?? {};
  return { at, what: 'email', type, amount, currency, key };
};

const ofCharge = ({ sk, shadow: at, amount }: Row): Part => ({
  at,
  what: 'charge',
  type: '',
  ...amount,
  key: sk.slice(CHARGE_PREFIX.length),
});

const COLUMNS = [
  'at',
  'what',
  'type',
  'subscription',
  'customer',
  'amount',
  'currency',
  'key',
] as const satisfies (keyof Withheld)[];

/** One line for each, with a first line that names the columns. */
export const asCsv = (all: readonly Withheld[]): string[] => [
  COLUMNS.join(','),
  ...all.map((each) => COLUMNS.map((column) => cell(String(each[column]))).join(',')),
];

const cell = (text: string): string =>
  /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

export const asNdjson = (all: readonly Withheld[]): string[] =>
  all.map((each) => JSON.stringify(each));
