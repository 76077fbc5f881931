import {
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  TemporalFailure,
} from '@temporalio/workflow';

import type { Command, Traces } from './domain/commands.ts';
import type { ProviderRequest } from './domain/decision.ts';
import type { EmailType } from './domain/email-types.ts';
import type { Email } from './domain/emails.ts';
import type { JobChange } from './domain/jobs.ts';
import type { Finding, Juror } from './domain/jurors.ts';
import type { ChargeResult, ProviderSubscription } from './domain/provider.ts';
import type { Nightly, ReconcileReport } from './domain/reconcile.ts';
import type { Change } from './domain/records.ts';
import type { Analysis, ReviewRequest } from './domain/review.ts';
import type { Card, Customer, Money } from './domain/state.ts';

/** A charge of the saved payment method, or else of the customer's default at the provider. */
export interface ChargeRequest {
  /** `<subscription>:<invoice>:<attempt>`: the same charge is made once, however often it is asked for. */
  key: string;
  /** The key of the try before it, whose payment must not go through any more. */
  previousKey?: string;
  subscription: string;
  customer: string;
  amount: Money;
  paymentMethod?: string;
  /** What is known of the card, so that only news come back. */
  card?: Card;
}

/** A payment that the customer has to confirm. */
export interface AuthenticationRequest {
  subscription: string;
  /** The key of its charge. */
  key: string;
  payment: string;
}

/** What the provider made of a request: the subscription as it is now, null when it does not know it, or why it refused. */
export interface ProviderAnswer {
  subscription: ProviderSubscription | null;
  refused?: string;
}

export interface BillingActivities {
  charge(request: ChargeRequest): Promise<ChargeResult>;
  /** Whether this charge has been begun, be it by a task that did not come to its end. */
  wasCharged(charge: Pick<ChargeRequest, 'subscription' | 'key'>): Promise<boolean>;
  /** The provider's present view, with the customer's address; null when it does not know the subscription. */
  fetchSubscription(subscription: string): Promise<ProviderSubscription | null>;
  /** Lets the provider carry out a request. */
  askProvider(request: {
    subscription: string;
    customer: string;
    request: ProviderRequest;
  }): Promise<ProviderAnswer>;
  /** Completed from outside, by the webhook that tells of the payment; answers whether it went through. */
  awaitAuthentication(request: AuthenticationRequest): Promise<{ isPaid: boolean }>;
}

export interface RecordsActivities {
  /** What an earlier workflow of this subscription has left, be it that it ended or that somebody ended it. */
  findTraces(subscription: string): Promise<Traces>;
  /** What the customer has beside this subscription. */
  lookAround(of: {
    subscription: string;
    customer: string;
  }): Promise<{ hadTrial: boolean; isBack: boolean }>;
  /** A line in the timeline of a subscription that has ended. */
  noteIgnored(note: {
    subscription: string;
    eventId: string;
    reason: string;
    at: string;
  }): Promise<void>;
}

/** Everything that one change makes known. */
export interface Publication {
  change: Change;
  emails: Email[];
}

/** What could not be done at once, and has to be done later. */
export interface Unpublished {
  /** Keys of the mail that could not go out yet. */
  emails?: string[];
  /** Whether somebody who listens to the events could not be reached. */
  events?: true;
}

export interface PublishActivities {
  /**
   * Writes the records of a change, tells its events to whoever listens, then sends its mail. One activity for all of it,
   * because each one leaves a third of a kilobyte in the history.
   */
  publish(publication: Publication): Promise<Unpublished>;
  /** Sends each e-mail once, by its key; one that is refused for good is recorded, not thrown. */
  sendEmails(emails: Email[]): Promise<void>;
  /** Tells what listeners have missed, in order. */
  deliverEvents(subscription: string): Promise<void>;
  /** Sends the last e-mail of a type again, to where mail goes now; false when there has been none. */
  resendEmail(request: {
    subscription: string;
    email: EmailType;
    to: Customer;
    key: string;
    at: string;
  }): Promise<boolean>;
}

export interface JobActivities {
  /** Writes the records of a change of a job, then sends its mail; answers with the keys of mail that has to wait. */
  publishJob(publication: { change: JobChange; emails: Email[] }): Promise<Unpublished>;
}

export interface ReviewActivities {
  /** One juror's opinion of a dispute. */
  judge(question: { dispute: ReviewRequest; juror: Juror }): Promise<Finding>;
  /** What can be found out about a dispute, for people. */
  analyse(dispute: ReviewRequest): Promise<Analysis>;
}

export interface ReconcileActivities {
  /** Compares all that the provider knows with the records, and has repaired what differs. */
  reconcile(night: Nightly): Promise<ReconcileReport>;
}

export interface QueueActivities {
  /** Puts a command that nobody can use into the dead-letter queue, with the reason. */
  deadLetter(letter: { subscription: string; command: Command; reason: string }): Promise<void>;
}

/** Everything a worker has to provide. */
export interface Activities
  extends
    BillingActivities,
    RecordsActivities,
    PublishActivities,
    JobActivities,
    ReviewActivities,
    ReconcileActivities,
    QueueActivities {}

const local = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5s',
  scheduleToCloseTimeout: '5s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
});
/** Longer than a mail server may take to answer: a try that is given up too soon may have been a success. */
const localPublish = proxyLocalActivities<PublishActivities>({
  startToCloseTimeout: '15s',
  retry: { initialInterval: '100ms', maximumAttempts: 2 },
}).publish;

const billing = proxyActivities<BillingActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '5s', maximumInterval: '1h' },
});
const records = proxyActivities<RecordsActivities & QueueActivities & PublishActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '5m' },
});
const email = proxyActivities<PublishActivities>({
  startToCloseTimeout: '2m',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '5s', maximumInterval: '1h' },
});

const patientJobs = proxyActivities<JobActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '5m' },
});

/** Quick and cheap as a local activity; what does not succeed so within seconds goes on as a normal one, with the same key. */
function steady<Input, Output>(
  quick: (input: Input) => Promise<Output>,
  patient: (input: Input) => Promise<Output>,
): (input: Input) => Promise<Output> {
  return async (input) => {
    try {
      return await quick(input);
    } catch (error) {
      // A local activity's failure comes as it is, without the ActivityFailure around it that a normal one's has.
      if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error;
      return patient(input);
    }
  };
}

export const charge = steady(local.charge, billing.charge);
export const wasCharged = steady(local.wasCharged, billing.wasCharged);
export const fetchSubscription = steady(local.fetchSubscription, billing.fetchSubscription);
export const askProvider = steady(local.askProvider, billing.askProvider);
export const lookAround = steady(local.lookAround, records.lookAround);
export const resendEmail = steady(local.resendEmail, records.resendEmail);
/** What somebody asked for and pays at once is in the history before money moves: nothing that comes meanwhile can undo it. */
export const { charge: chargeOnRequest } = billing;
/** For listeners that cannot be reached: patient, for days. */
export const { deliverEvents } = proxyActivities<PublishActivities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '7 days',
  retry: { initialInterval: '5s', maximumInterval: '1h' },
});
/** As long as a customer may take to confirm a payment; completed from outside. */
export const { awaitAuthentication } = proxyActivities<BillingActivities>({
  startToCloseTimeout: '7 days',
  retry: { maximumAttempts: 1 },
});
export const findTraces = steady(local.findTraces, records.findTraces);
export const noteIgnored = steady(local.noteIgnored, records.noteIgnored);
export const publish = steady(localPublish, records.publish);
export const publishJob = steady(local.publishJob, patientJobs.publishJob);
export const deadLetter = steady(local.deadLetter, records.deadLetter);
/** For mail that could not go out at once: patient, for a day. */
export const { sendEmails } = email;

/** A juror has little time, and a second try where there is time for it: the others do not wait for long. */
export const judgeWithin = (ms: number): ReviewActivities['judge'] =>
  proxyActivities<ReviewActivities>({
    startToCloseTimeout: ms,
    scheduleToCloseTimeout: ms,
    retry: { initialInterval: '1s', maximumAttempts: 3 },
  }).judge;
export const { analyse } = proxyActivities<ReviewActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', maximumAttempts: 5 },
});
/** Hours at most; who says nothing for a minute is gone, and another one goes on from where it was. */
export const { reconcile } = proxyActivities<ReconcileActivities>({
  startToCloseTimeout: '12h',
  heartbeatTimeout: '1m',
  retry: { initialInterval: '5s', maximumInterval: '5m' },
});
