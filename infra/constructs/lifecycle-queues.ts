import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  DeduplicationScope,
  FifoThroughputLimit,
  Queue,
  QueueEncryption,
  RedrivePermission,
  type QueueProps,
} from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { FUNCTIONS } from '../../functions/manifest.ts';

/** A batch that is still being consumed must not come a second time. */
const VISIBILITY = Duration.seconds(6 * FUNCTIONS['event-consumer'].timeoutSeconds);
/** Good messages survive a long outage: the consumer itself puts aside what can never be applied. */
const MAX_RECEIVES = 1000;

const COMMON: QueueProps = {
  fifo: true,
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  retentionPeriod: Duration.days(14),
  removalPolicy: RemovalPolicy.RETAIN,
};

/** The queue of lifecycle events, one group per subscription, and the one for what cannot be applied. */
export class LifecycleQueues extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      ...COMMON,
      queueName: 'lifecycle-events-dead-letters.fifo',
      redriveAllowPolicy: { redrivePermission: RedrivePermission.ALLOW_ALL },
    });
    this.queue = new Queue(this, 'Events', {
      ...COMMON,
      queueName: 'lifecycle-events.fifo',
      visibilityTimeout: VISIBILITY,
      deduplicationScope: DeduplicationScope.MESSAGE_GROUP,
      fifoThroughputLimit: FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
    });
  }
}
