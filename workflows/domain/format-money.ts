import type { Money } from './state.ts';

/** Minor units become a decimal exactly, by the exponent of the string, never by division. */
export function formatMoney(locale: string, { amount, currency }: Money): string {
  const formatter = new Intl.NumberFormat(locale, { style: 'currency', currency });
  const digits = formatter.resolvedOptions().maximumFractionDigits ?? 2;
  return formatter.format(`${amount}e-${digits}` as Intl.StringNumericLiteral);
}
