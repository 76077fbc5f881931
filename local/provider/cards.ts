/** A test card: what comes of charging it (nothing when it pays, or Stripe's decline code), and its last month. */
interface Card {
  decline: (earlierTries: number) => string | undefined;
  expires: Expiry;
}

interface Expiry {
  exp_month: number;
  exp_year: number;
}

/** Stripe's code for a card whose bank wants to hear from its holder first. */
export const AUTHENTICATION_REQUIRED = 'authentication_required';

const LATE: Expiry = { exp_month: 12, exp_year: 2034 };
const SOON_MONTHS = 2;

const pays = (expires = LATE): Card => ({ decline: () => undefined, expires });
const declines = (code: string, expires = LATE): Card => ({ decline: () => code, expires });

/** The month that many months after this process began. */
function inMonths(months: number): Expiry {
  const now = new Date();
  const then = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months));
  return { exp_month: then.getUTCMonth() + 1, exp_year: then.getUTCFullYear() };
}

/** Payment methods by id: Stripe's own test ones, and some with a mind of their own. */
const CARDS: Record<string, Card> = {
  pm_card_visa: pays(),
  pm_card_mastercard: pays(),
  pm_card_visa_chargeDeclined: declines('generic_decline'),
  pm_card_visa_chargeDeclinedInsufficientFunds: declines('insufficient_funds'),
  pm_card_visa_chargeDeclinedLostCard: declines('lost_card'),
  pm_card_visa_chargeDeclinedStolenCard: declines('stolen_card'),
  pm_card_visa_chargeDeclinedFraudulent: declines('fraudulent'),
  pm_card_visa_chargeDeclinedVelocityLimitExceeded: declines('card_velocity_exceeded'),
  pm_card_chargeDeclinedProcessingError: declines('processing_error'),
  pm_card_visa_chargeDeclinedExpiredCard: declines('expired_card', inMonths(-1)),
  pm_card_chargeCustomerFail: declines('generic_decline'),
  pm_card_authenticationRequired: declines(AUTHENTICATION_REQUIRED),
  /** Ours: fails twice for a customer, then pays. */
  pm_card_failTwiceThenApprove: {
    decline: (tries) => (tries < 2 ? 'insufficient_funds' : undefined),
    expires: LATE,
  },
  /** Ours: good for two more months. */
  pm_card_expiringSoon: pays(inMonths(SOON_MONTHS)),
};

export const isTestCard = (paymentMethod: string): boolean =>
  Object.hasOwn(CARDS, paymentMethod) || isBankAccount(paymentMethod);

/** What is debited takes days, here until it is told otherwise. */
export const isBankAccount = (paymentMethod: string): boolean =>
  paymentMethod.startsWith('pm_usBankAccount');

/** The decline code, or undefined when the charge goes through; a card that is not a test card pays. */
export function decline(paymentMethod: string, earlierTries: number): string | undefined {
  return CARDS[paymentMethod]?.decline(earlierTries);
}

export const expiryOf = (paymentMethod: string): Expiry => CARDS[paymentMethod]?.expires ?? LATE;
