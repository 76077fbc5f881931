/** What a test card does when it is charged: nothing when it pays, or Stripe's decline code. */
type Card = (earlierTries: number) => string | undefined;

const declines =
  (code: string): Card =>
  () =>
    code;

/** Payment methods by id: Stripe's own test ones, and one that changes its mind. */
const CARDS: Record<string, Card> = {
  pm_card_visa: () => undefined,
  pm_card_mastercard: () => undefined,
  pm_card_visa_chargeDeclined: declines('generic_decline'),
  pm_card_visa_chargeDeclinedInsufficientFunds: declines('insufficient_funds'),
  pm_card_visa_chargeDeclinedExpiredCard: declines('expired_card'),
  pm_card_visa_chargeDeclinedLostCard: declines('lost_card'),
  pm_card_chargeCustomerFail: declines('generic_decline'),
  /** Ours: fails twice for a customer, then pays. */
  pm_card_failTwiceThenApprove: (tries) => (tries < 2 ? 'insufficient_funds' : undefined),
};

export const isTestCard = (paymentMethod: string): boolean => Object.hasOwn(CARDS, paymentMethod);

/** The decline code, or undefined when the charge goes through; a card that is not a test card pays. */
export function decline(paymentMethod: string, earlierTries: number): string | undefined {
  return CARDS[paymentMethod]?.(earlierTries);
}
