import type { Stripe } from 'stripe';

import type { ReviewActivities } from '../../workflows/activities.ts';
import { RULES, type Facts, type Finding, type Juror } from '../../workflows/domain/jurors.ts';
import type { Projection, TimelineEntry } from '../../workflows/domain/projection.ts';
import type { Analysis, ReviewRequest } from '../../workflows/domain/review.ts';
import { fromUnix } from '../../workflows/domain/time.ts';
import { patiently } from '../billing/stripe.ts';

/** What a jury reads; no more than that, so that a test can write it down. */
export interface Files {
  find(subscription: string): Promise<File | undefined>;
  idsOfCustomer(customer: string): Promise<string[]>;
}

/** What the records hold of one subscription. */
export interface File {
  projection: Projection;
  timeline: TimelineEntry[];
  emails: Facts['receipt']['emails'];
}

/** As many other charges of a customer as are looked at. */
const CHARGES = 100;

/** Every juror asks for what it wants to know by itself, so that what one cannot find out troubles no other. */
export class Jury implements ReviewActivities {
  readonly #stripe: Stripe;
  readonly #files: Files;

  constructor(stripe: Stripe, files: Files) {
    this.#stripe = stripe;
    this.#files = files;
  }

  judge = patiently(
    async ({ dispute, juror }: { dispute: ReviewRequest; juror: Juror }): Promise<Finding> => {
      const facts = await this.#facts[juror](dispute);
      return (RULES[juror] as (known: typeof facts) => Finding)(facts);
    },
  );

  analyse = patiently(async (dispute: ReviewRequest): Promise<Analysis> => {
    const names = Object.keys(this.#facts) as Juror[];
    const found = await Promise.allSettled(names.map((juror) => this.#facts[juror](dispute)));
    const known = found.map((one) => (one.status === 'fulfilled' ? one.value : 'not known'));
    return Object.fromEntries(names.map((juror, index) => [juror, concise(known[index])]));
  });

  readonly #facts: { [J in Juror]: (dispute: ReviewRequest) => Promise<Facts[J]> } = {
    refunds: async (dispute) => {
      const { id, customer, refunded } = await this.#charge(dispute);
      if (customer === null) return { others: 0, isRefunded: refunded };
      const { data } = await this.#stripe.charges.list({
        customer: idOf(customer),
        limit: CHARGES,
      });
      const others = data.filter((each) => each.id !== id && each.amount_refunded > 0).length;
      return { others, isRefunded: refunded };
    },
    usage: async (dispute) => {
      const charge = await this.#charge(dispute);
      const { projection, timeline } = await this.#file(dispute, charge);
      const happened = timeline.map(({ type, at }) => ({ type, at }));
      return { chargedAt: fromUnix(charge.created), endedAt: projection.endedAt, happened };
    },
    receipt: async (dispute) => {
      const charge = await this.#charge(dispute);
      const { emails } = await this.#file(dispute, charge);
      return { chargedAt: fromUnix(charge.created), emails };
    },
    bounce: async (dispute) => {
      const { timeline } = await this.#file(dispute);
      return { hasBounced: timeline.some(isBounce) };
    },
    amount: async (dispute) => {
      const charge = dispute.amount ? undefined : await this.#charge(dispute);
      const { plan, quantity } = (await this.#file(dispute, charge)).projection;
      const charged = dispute.amount ?? { amount: charge!.amount, currency: charge!.currency };
      const usual = { ...plan.price, amount: plan.price.amount * quantity };
      return { charged, usual };
    },
  };

  async #charge({ dispute, charge }: ReviewRequest): Promise<Stripe.Charge> {
    const id = charge ?? idOf((await this.#stripe.disputes.retrieve(dispute)).charge);
    return this.#stripe.charges.retrieve(id, { expand: ['payment_intent'] });
  }

  /** The subscription that was charged for: as the dispute says, or the payment, or the customer's only one. */
  async #file(dispute: ReviewRequest, known?: Stripe.Charge): Promise<File> {
    const id = dispute.subscription ?? (await this.#payer(known ?? (await this.#charge(dispute))));
    const file = id === undefined ? undefined : await this.#files.find(id);
    if (file === undefined) throw new Error('no subscription of ours was charged for');
    return file;
  }

  async #payer({ payment_intent: payment, customer }: Stripe.Charge): Promise<string | undefined> {
    const said = typeof payment === 'object' ? payment?.metadata['subscription'] : undefined;
    if (said !== undefined || customer === null) return said;
    const ids = await this.#files.idsOfCustomer(idOf(customer));
    return ids.length === 1 ? ids[0] : undefined;
  }
}

const isBounce = ({ type, feedback }: TimelineEntry): boolean =>
  type === 'email_feedback' &&
  typeof feedback === 'object' &&
  feedback !== null &&
  'kind' in feedback &&
  feedback.kind === 'bounce';

/** The longest lists only by their ends: what goes through a history is small. */
const LINES = 10;

function concise(facts: unknown): unknown {
  if (typeof facts !== 'object' || facts === null) return facts;
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.slice(-LINES) : (value as unknown),
    ]),
  );
}

const idOf = (reference: string | { id: string }): string =>
  typeof reference === 'string' ? reference : reference.id;
