import { Annotations, Stack, type StackProps } from 'aws-cdk-lib';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import type { Construct } from 'constructs';

import { isExample, type InfraConfig } from '../config.ts';
import { BundledFunction } from '../constructs/bundled-function.ts';
import { LifecycleQueues } from '../constructs/lifecycle-queues.ts';
import { RecordsTable } from '../constructs/records-table.ts';
import { WebhookApi } from '../constructs/webhook-api.ts';
import { WebhookSecrets } from '../constructs/webhook-secrets.ts';

interface IngressProps extends StackProps {
  config: InfraConfig;
  /** Folder with the functions' bundles, the very files that the end-to-end tests run. */
  bundles: string;
}

/** What takes signed webhooks and queue messages and turns them into workflows. */
export class IngressStack extends Stack {
  constructor(scope: Construct, id: string, { config, bundles, ...props }: IngressProps) {
    super(scope, id, props);
    if (isExample(config)) {
      Annotations.of(this).addWarningV2(
        'perennial:temporalAddress',
        'temporalAddress in cdk.json is still the example: set it before you deploy.',
      );
    }
    const { queue, deadLetters } = new LifecycleQueues(this, 'Queues');
    const records = new RecordsTable(this, 'Records');
    const secrets = new WebhookSecrets(this, 'Secrets');

    const webhook = new BundledFunction(this, 'Webhook', {
      name: 'webhook',
      bundles,
      environment: { QUEUE_URL: queue.queueUrl, ...secrets.environment },
    });
    secrets.grantRead(webhook);
    queue.grantSendMessages(webhook);
    new WebhookApi(this, 'Api', { name: 'webhook', handler: webhook });

    const consumer = new BundledFunction(this, 'EventConsumer', {
      name: 'event-consumer',
      bundles,
      environment: {
        QUEUE_URL: queue.queueUrl,
        DEAD_LETTER_QUEUE_URL: deadLetters.queueUrl,
        TABLE_NAME: records.table.tableName,
        LIFECYCLE_POLICY: config.lifecyclePolicy,
        TEMPORAL_ADDRESS: config.temporalAddress,
        TEMPORAL_NAMESPACE: config.temporalNamespace,
      },
    });
    consumer.addEventSource(
      new SqsEventSource(queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        maxConcurrency: config.consumerConcurrency,
      }),
    );
    queue.grantSendMessages(consumer);
    deadLetters.grantSendMessages(consumer);
    records.grantRead(consumer);
    records.grantNote(consumer);
  }
}
