import type { Verdict } from './judge.ts';

/** One row, for people: what would happen to it. */
export function describe({
  line,
  subscription,
  kind,
  reason,
  state,
  next,
  warnings,
}: Verdict): string {
  const standing = state
    ? `${state.status}, ${state.collection}, ${next ? `${next.type} ${next.at}` : 'waits for a message'}`
    : (reason ?? '');
  const words = [standing, ...warnings.map((warning) => `! ${warning}`)].join('; ');
  return `line ${line}  ${subscription}  ${kind}  ${words}`;
}

/** All rows together, as a table that a pipe leaves readable. */
export function summarise(verdicts: readonly Verdict[]): string {
  const ready = verdicts.filter(({ kind }) => kind === 'ready');
  const count = (kind: Verdict['kind']): number =>
    verdicts.filter((verdict) => verdict.kind === kind).length;
  const groups = [
    ['rows', verdicts.length],
    ['ready', count('ready')],
    ['  with a warning', ready.filter(({ warnings }) => warnings.length > 0).length],
    ...countBy(ready, ({ state }) => `  ${state!.status}`),
    ...countBy(ready, ({ state }) => `  collected by ${state!.collection}`),
    ...countBy(ready, ({ next }) => (next ? `  next: ${next.type}` : '  next: nothing')),
    ['skipped (ended)', count('skipped')],
    ['unusable', count('unusable')],
  ] as const;
  const width = Math.max(...groups.map(([name]) => name.length));
  const lines = groups.map(([name, figure]) => `${name.padEnd(width)}  ${figure}`);
  return [...lines, ...prices(ready)].join('\n');
}

function countBy(verdicts: readonly Verdict[], of: (verdict: Verdict) => string) {
  return [...Map.groupBy(verdicts, of)]
    .map(([name, { length }]): [string, number] => [name, length])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** Smallest and largest price of each currency: a factor of a hundred is seen here. */
function prices(ready: readonly Verdict[]): string[] {
  const all = ready.map(({ state }) => state!.plan.price);
  return [...Map.groupBy(all, ({ currency }) => currency)].map(([currency, group]) => {
    const amounts = group.map(({ amount }) => amount).toSorted((a, b) => a - b);
    const [least, most] = [amounts[0]!, amounts.at(-1)!].map((amount) => money(amount, currency));
    return `prices in ${currency}: ${least} to ${most}`;
  });
}

/** Minor units become a decimal exactly, by the exponent of the string, never by division. */
function money(amount: number, currency: string): string {
  const format = new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    currencyDisplay: 'code',
  });
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format
    .format(`${amount}e-${digits}` as Intl.StringNumericLiteral)
    .replaceAll('\u00A0', ' ');
}
