import {
  ActivityCancellationType,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  TemporalFailure,
} from '@temporalio/workflow';

import type { BatchItem } from './domain/batch-item.ts';
import type { ItemNote } from './domain/batch-records.ts';
import type { BatchFilter, BatchTask, ItemResult } from './domain/batch.ts';
import type { Command, Traces } from './domain/commands.ts';
import type { ProviderRequest } from './domain/decision.ts';
import type { EmailType } from './domain/email-types.ts';
import type { Email } from './domain/emails.ts';
import type { JobChange } from './domain/jobs.ts';
import type { Finding, Juror } from './domain/jurors.ts';
import type { OrderItem } from './domain/order.ts';
import type { Charged, ChargeResult, ProviderSubscription } from './domain/provider.ts';
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

/** An e-mail that somebody wants to be sent again. */
export interface Resending {
  subscription: string;
  email: EmailType;
  to: Customer;
  key: string;
  at: string;
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
  resendEmail(request: Resending): Promise<boolean>;
}

export interface JobActivities {
  /** Writes the records of a change of a job, then sends its mail; answers with the keys of mail that has to wait. */
  publishJob(publication: { change: JobChange; emails: Email[] }): Promise<Unpublished>;
}

/** The one charge of an order. */
export interface OrderCharge {
  /** The same charge is made once, however often it is asked for. */
  key: string;
  order: string;
  customer: string;
  amount: Money;
  paymentMethod?: string;
}

export interface OrderBillingActivities {
  chargeOrder(charge: OrderCharge): Promise<Charged>;
  /** Asks for a payment that is on its way until something has come of it. */
  awaitSettlement(of: { payment: string }): Promise<ChargeResult>;
  /** Takes back the charge, whatever has come of it, also if nothing has: it can never be made after that. */
  refundOrder(charge: OrderCharge): Promise<{ refunded?: Money }>;
}

/** Goods of an order. */
export interface OrderParcel {
  order: string;
  items: OrderItem[];
}

/** Each does its work once for one order, and fails for good with a type of `FAILURES`. */
export interface InventoryActivities {
  /** Holds the goods; what it has no record of there is without limit. */
  reserve(parcel: OrderParcel): Promise<void>;
  /** Gives back what is held. */
  release(parcel: OrderParcel): Promise<void>;
  /** Sends the goods that are held. */
  fulfil(parcel: OrderParcel): Promise<void>;
  /** Takes the goods back, as held, if they were sent; they never can be after that. */
  recall(parcel: OrderParcel): Promise<void>;
}

export interface BatchActivities {
  /** Writes down what is done, and to which subscriptions, each once; heartbeats how far it has come. */
  listItems(request: {
    batch: string;
    task: BatchTask;
    subscriptions?: string[];
    filter?: BatchFilter;
  }): Promise<{ total: number }>;
  itemsAt(page: { batch: string; chunk: number }): Promise<string[]>;
  /** Does it to one subscription, once; what it does not do is in the records, with the reason. */
  doItem(item: BatchItem): Promise<ItemResult>;
  /** Finds out what would come of it, and does nothing. */
  rehearseItem(item: BatchItem): Promise<ItemResult>;
  noteItem(note: ItemNote & { batch: string }): Promise<void>;
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
    OrderBillingActivities,
    InventoryActivities,
    BatchActivities,
    ReviewActivities,
    ReconcileActivities,
    QueueActivities {}

const local = proxyLocalActivities<Activities>({
  startToCloseTimeout: '5s',
  scheduleToCloseTimeout: '5s',
  retry: { initialInterval: '100ms', maximumAttempts: 3 },
});
/**
 * Longer than it may take until mail is begun (5 s) and a mail server has answered (12 s), with what is written before and
 * after: a try that is given up too soon may have been a success, and what it has begun would go out twice.
 */
const localMail = proxyLocalActivities<PublishActivities>({
  startToCloseTimeout: '25s',
  retry: { initialInterval: '100ms', maximumAttempts: 2 },
});

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

/** Mail goes out with it, so it is as patient as publishing a change of a subscription. */
const localJobs = proxyLocalActivities<JobActivities>({
  startToCloseTimeout: '25s',
  retry: { initialInterval: '100ms', maximumAttempts: 2 },
});
const patientJobs = proxyActivities<JobActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '5m' },
});

const batchRecords = proxyActivities<BatchActivities>({
  startToCloseTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '5m' },
});

/** Quick and cheap as a local activity; what does not succeed so within seconds goes on as a normal one, with the same key. */
export function steady<Input, Output>(
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
export const { resendEmail } = localMail;
/** What somebody asked for and pays at once is in the history before money moves: nothing that comes meanwhile can undo it. */
export const { charge: chargeOnRequest } = billing;
/** For listeners that cannot be reached: patient, for days. */
export const { deliverEvents } = proxyActivities<PublishActivities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '7 days',
  // Each try is paid for.
  retry: { initialInterval: '5s', maximumInterval: '6h' },
});
/** As long as a customer may take to confirm a payment; completed from outside. */
export const { awaitAuthentication } = proxyActivities<BillingActivities>({
  startToCloseTimeout: '7 days',
  retry: { maximumAttempts: 1 },
});
export const findTraces = steady(local.findTraces, records.findTraces);
export const noteIgnored = steady(local.noteIgnored, records.noteIgnored);
export const publish = steady(localMail.publish, records.publish);
export const publishJob = steady(localJobs.publishJob, patientJobs.publishJob);
/** For a change that nothing may undo: what led to it is in the history before anybody is told. */
export const { publishJob: publishForGood } = patientJobs;
export const deadLetter = steady(local.deadLetter, records.deadLetter);
/** For mail that could not go out at once: patient, for a day. Nothing waits for it. */
export const { sendEmails, resendEmail: resendLater } = email;

/** A step of an order that is cancelled while a try of it is under way is waited for, as what it does has to be known. */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;
export const { reserve } = proxyActivities<InventoryActivities>({
  cancellationType,
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '1h',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
});
export const { chargeOrder } = proxyActivities<OrderBillingActivities>({
  cancellationType,
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '5s', maximumInterval: '30m' },
});
/** Each look at the payment is a try of the activity, which itself says when the next one is due: none leaves a trace in the history. */
export const awaitSettlement = (of: { payment: string }, ms: number): Promise<ChargeResult> =>
  proxyActivities<OrderBillingActivities>({
    cancellationType,
    startToCloseTimeout: '30s',
    scheduleToCloseTimeout: ms,
    retry: { initialInterval: '1m', maximumInterval: '1h' },
  }).awaitSettlement(of);
export const { fulfil } = proxyActivities<InventoryActivities>({
  cancellationType,
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '1s', maximumInterval: '30m' },
});
/** A payment that is on its way can be taken back only once it has arrived. */
export const { refundOrder } = proxyActivities<OrderBillingActivities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '30 days',
  retry: { initialInterval: '5s', maximumInterval: '6h' },
});
export const { release, recall } = proxyActivities<InventoryActivities>({
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: '7 days',
  retry: { initialInterval: '1s', maximumInterval: '1h' },
});

/** As long as the records are; what has been read is not read again. */
export const { listItems } = proxyActivities<BatchActivities>({
  startToCloseTimeout: '1h',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
});
export const itemsAt = steady(local.itemsAt, batchRecords.itemsAt);
export const rehearseItem = steady(local.rehearseItem, batchRecords.rehearseItem);
export const noteItem = steady(local.noteItem, batchRecords.noteItem);
/** Asks a subscription, which may have a payment to make first; what is not answered within a quarter of an hour has failed. */
export const { doItem } = proxyActivities<BatchActivities>({
  startToCloseTimeout: '40s',
  scheduleToCloseTimeout: '15m',
  retry: { initialInterval: '1s', maximumInterval: '1m' },
});

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
