import type { OrderLine } from './order.ts';
import type { Money } from './state.ts';

/** Minor units; more than any card is charged at once. */
const LARGEST_TOTAL = 1_000_000_000;

/** What an order comes to, or in words for the merchant why it comes to nothing. */
export type Checked = { total: Money } | { complaint: string };

/** Looks an order over before anything is done for it. */
export function checkOrder(lines: readonly OrderLine[]): Checked {
  const [first] = lines;
  if (first === undefined) return { complaint: 'lines: there are none' };
  const { currency } = first.price;
  let amount = 0;
  for (const [index, { quantity, price }] of lines.entries()) {
    const at = `lines.${index}`;
    if (price.currency !== currency) {
      const complaint = `is ${price.currency}, but an order has one currency, here ${currency}`;
      return { complaint: `${at}.price.currency: ${complaint}` };
    }
    if (!isWhole(price.amount)) return { complaint: `${at}.price.amount: ${NOT_WHOLE}` };
    if (!isWhole(quantity)) return { complaint: `${at}.quantity: ${NOT_WHOLE}` };
    amount += price.amount * quantity;
  }
  return amount > LARGEST_TOTAL
    ? { complaint: `lines: come to more than ${LARGEST_TOTAL}` }
    : { total: { amount, currency } };
}

const NOT_WHOLE = 'has to be a whole number above zero';

const isWhole = (value: number): boolean => Number.isSafeInteger(value) && value > 0;
