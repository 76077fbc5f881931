import type { Item } from './store.ts';

type Price = Item['price'];

const INTERVALS = ['day', 'week', 'month', 'year'] as const;
const USUAL_AMOUNT = 1900;

/**
 * The catalogue: what subscriptions were seen with, what a test has put there, and otherwise whatever the id says, as in
 * `price_team_4900` or `price_team_yearly_49000`. Only ids that begin with `price_missing` are not known.
 */
export class Prices {
  readonly #known = new Map<string, Price>();

  put(price: Price): void {
    this.#known.set(price.id, price);
  }

  /** The price of that id; `like` is what is not said about it. */
  find(id: string, like: Price): Price | undefined {
    if (id.startsWith('price_missing')) return undefined;
    const known = this.#known.get(id);
    if (known) return known;
    const [, amount] = /(\d+)$/.exec(id) ?? [];
    const interval = INTERVALS.find((each) => new RegExp(`_${each}(ly)?(_|$)`).test(id));
    return {
      id,
      currency: like.currency,
      unit_amount: amount === undefined ? USUAL_AMOUNT : Number(amount),
      recurring:
        interval === undefined ? (like.recurring ?? null) : { interval, interval_count: 1 },
    };
  }
}
