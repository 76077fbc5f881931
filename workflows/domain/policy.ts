import type { EmailType } from './email-types.ts';
import type { Duration } from './time.ts';

/**
 * The choices of the merchant, of which one subscription may override some. A subscription carries the ones that it began
 * with, so a change of the configuration is for those that begin after it.
 */
export interface Policy {
  /** The merchant's name for these choices, shown with the subscription. */
  version?: string;
  /** How long before the end of a trial reminders go out; the default depends on its length. */
  trialReminders?: Duration[];
  /** What becomes of a trial at whose end there is nothing to charge. */
  trialWithoutPaymentMethod?: 'cancel' | 'pause';
  /** What becomes of a trial of a customer who has had one: another one, or none, which charges at once. */
  repeatedTrial?: 'allow' | 'skip';
  dunning?: Dunning;
  /** How long before a renewal it is announced, for periods of six months and more. */
  renewalReminder?: Duration;
  /** How long before the end of its last month an expiring card is announced. */
  cardExpiryReminder?: Duration;
  /** How long after the end somebody who agreed to promotional mail is invited back. */
  winBack?: Duration[];
  quietHours?: QuietHours;
  /** Types of e-mail that are not to be sent have `false` here. */
  emails?: Partial<Record<EmailType, boolean>>;
}

/** What happens between a failed payment and the end of it; every duration counts from the first failure unless said otherwise. */
export interface Dunning {
  /** Waits between one charge and the next. */
  retries?: Duration[];
  /** How long access lasts. */
  grace?: Duration;
  /** When the customer is told again. */
  reminders?: Duration[];
  /** How long before the last charge the customer is told that it is the last. */
  finalNotice?: Duration;
  /** What follows when the last charge has failed. */
  finalAction?: 'cancel' | 'unpaid' | 'past_due';
}

/** Hours in which no mail is sent that can wait, by the recipient's clock, `22:00` to `08:00`. */
export interface QuietHours {
  from: string;
  to: string;
  /** IANA name, for recipients whose zone is not known; UTC when absent. */
  zone?: string;
}

/** The choices where the merchant has made none. */
export const DEFAULTS = {
  trialWithoutPaymentMethod: 'cancel',
  repeatedTrial: 'allow',
  dunning: {
    retries: ['P3D', 'P5D', 'P7D', 'P6D'],
    grace: 'P7D',
    reminders: ['P5D', 'P12D'],
    finalNotice: 'P2D',
    finalAction: 'cancel',
  },
  renewalReminder: 'P7D',
  cardExpiryReminder: 'P20D',
  winBack: ['P7D', 'P30D'],
} as const satisfies Policy;

/** The rules of dunning for a subscription. */
export const dunningOf = (policy: Policy | undefined): Required<Dunning> => ({
  ...DEFAULTS.dunning,
  retries: [...DEFAULTS.dunning.retries],
  reminders: [...DEFAULTS.dunning.reminders],
  ...policy?.dunning,
});
