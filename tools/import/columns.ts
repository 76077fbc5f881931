type Kind = 'text' | 'whole number' | 'true or false' | 'instant' | 'JSON';

interface Column {
  /** The field of a `subscription.imported` message that it fills. */
  field: string;
  kind: Kind;
  isRequired?: true;
}

const column = (field: string, kind: Kind = 'text'): Column => ({ field, kind });
const required = (field: string, kind: Kind = 'text'): Column => ({
  ...column(field, kind),
  isRequired: true,
});

/** The id's own field, beside the message's data. */
export const SUBSCRIPTION = 'subscription';

/** The columns of a CSV file, by their names in its first line. */
export const COLUMNS = {
  subscription: required(SUBSCRIPTION),
  status: required('status'),
  customer_id: required('customer.id'),
  email: column('customer.email'),
  name: column('customer.name'),
  locale: column('customer.locale'),
  timezone: column('customer.timezone'),
  marketing: column('customer.marketing', 'true or false'),
  plan_id: required('plan.id'),
  amount: required('plan.price.amount', 'whole number'),
  currency: required('plan.price.currency'),
  interval: required('plan.interval'),
  interval_count: column('plan.intervalCount', 'whole number'),
  quantity: column('quantity', 'whole number'),
  collection: column('collection'),
  livemode: column('livemode', 'true or false'),
  payment_method: column('paymentMethod'),
  card_expires: column('card.expires'),
  trial_start: column('trialStart', 'instant'),
  trial_end: column('trialEnd', 'instant'),
  period_start: column('periodStart', 'instant'),
  period_end: column('periodEnd', 'instant'),
  anchor: column('anchor', 'instant'),
  cancel_at: column('cancelAt', 'instant'),
  zone: column('zone'),
  policy: column('policy', 'JSON'),
} as const satisfies Record<string, Column>;

/** Every field, as a path; what is below `policy` is the policy's own business. */
export const FIELDS: readonly string[] = Object.values(COLUMNS).map(({ field }) => field);

/** The object that a line stands for; empty cells are fields that are not given. */
export function unflatten(cells: Record<string, string>): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [name, { field, kind }] of Object.entries(COLUMNS)) {
    const text = cells[name]?.trim() ?? '';
    if (text !== '') put(row, field.split('.'), valueOf(text, kind));
  }
  return row;
}

function put(into: Record<string, unknown>, [first, ...rest]: string[], value: unknown): void {
  if (rest.length === 0) into[first!] = value;
  else put((into[first!] ??= {}) as Record<string, unknown>, rest, value);
}

/** What does not look like its kind stays text, which the schema refuses: `19.00` must not become 19 cents. */
function valueOf(text: string, kind: Kind): unknown {
  if (kind === 'whole number' && /^-?\d+$/.test(text)) return Number(text);
  if (kind === 'true or false' && /^(true|false)$/i.test(text)) return /^true$/i.test(text);
  if (kind !== 'JSON') return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** The name that a field has in the file that somebody has to put right. */
export const nameOf = (field: string, isCsv: boolean): string =>
  (isCsv && Object.entries(COLUMNS).find(([, each]) => each.field === field)?.[0]) || field;

/** The table of the documentation. */
export function describeColumns(): string {
  const rows = Object.entries<Column>(COLUMNS).map(
    ([name, { field, kind, isRequired }]) =>
      `| \`${name}\` | ${isRequired ? 'yes' : ''} | ${kind} | \`${field}\` |`,
  );
  return ['| column | required | | field |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
