import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';

const SERVICE = { serviceName: 'perennial' };

/** JSON lines; never a body, a signature or an address. */
export const logger = new Logger(SERVICE);

const metrics = new Metrics({ ...SERVICE, namespace: 'Perennial' });

/**
 * What is counted: acknowledged events that do not concern us, letters to the dead, what came back for e-mails, addresses
 * that get no more, and notices about e-mails that nobody can read.
 */
export type Counter =
  | 'EventIgnored'
  | 'MessageDeadLettered'
  | 'EmailFeedback'
  | 'AddressSuppressed'
  | 'FeedbackUnreadable';

/** Counts one, by type of event. */
export function count(counter: Counter, eventType: string): void {
  const single = metrics.singleMetric();
  single.addDimension('eventType', eventType);
  single.addMetric(counter, MetricUnit.Count, 1);
}
