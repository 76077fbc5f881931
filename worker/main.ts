import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';

import type { Activities } from '../workflows/activities.ts';
import { TASK_QUEUE } from '../workflows/domain/contract.ts';
import { jobPartition } from '../workflows/domain/records.ts';
import { createBatchActivities } from './activities/batch.ts';
import { createBillingActivities } from './activities/billing.ts';
import { createCustomerActivities } from './activities/customers.ts';
import { createInventoryActivities } from './activities/inventory.ts';
import { createJobActivities } from './activities/jobs.ts';
import { createOrderBillingActivities } from './activities/order-billing.ts';
import { createPublishActivities } from './activities/publish.ts';
import { createQueueActivities } from './activities/queue.ts';
import { createRecordsActivities, createSaveChange } from './activities/records.ts';
import { Jury } from './activities/review.ts';
import { createAskSubscription } from './batch/ask-subscription.ts';
import { createChargeLedger } from './billing/charge-ledger.ts';
import { createStripe } from './billing/stripe.ts';
import { bundleWorkflows } from './bundle.ts';
import { readConfig } from './config.ts';
import { createDecisionLink } from './email/decision-link.ts';
import { createLedger } from './email/ledger.ts';
import { createPost } from './email/post.ts';
import { createResend } from './email/resend.ts';
import { createSuppressions } from './email/suppressions.ts';
import { loadBranding } from './email/templates.ts';
import { createMailTransport } from './email/transport.ts';
import { createUnsubscribeLink } from './email/unsubscribe-link.ts';
import { createHerald } from './events/herald.ts';
import { createListeners } from './events/listeners.ts';
import { createOutbox } from './events/outbox.ts';
import { Reconciler } from './reconcile/reconciler.ts';
import { createReconcileRecords } from './reconcile/records.ts';
import { ensureSchedule } from './reconcile/schedule.ts';
import { createTell } from './reconcile/tell.ts';
import { createFiles } from './review/files.ts';
import { installRuntime } from './runtime.ts';
import { shadowBilling, shadowOrderBilling } from './shadow/billing.ts';
import { shadowTransport } from './shadow/transport.ts';

const config = readConfig(process.env);
installRuntime(config.logLevel);

const branding = loadBranding(config.email);
const table = DynamoDBDocumentClient.from(new DynamoDBClient({}), {
  marshallOptions: { removeUndefinedValues: true },
});
const { isShadow } = config;
if (isShadow) Runtime.instance().logger.warn('this worker is a shadow: nothing goes out');
const transport = isShadow ? shadowTransport : createMailTransport(config.email);
const ledger = createLedger(table, config.tableName, isShadow ? 'shadow' : 'sent');
const post = createPost({
  transport,
  ledger,
  suppressions: createSuppressions(table, config.tableName),
  senders: config.email.senders,
  unsubscribeLink: createUnsubscribeLink(config.links),
  decisionLink: createDecisionLink(config.links),
  branding,
});
const outbox = createOutbox(table, config.tableName);
const herald = createHerald(isShadow ? [] : createListeners(config.events), outbox);
const charges = createChargeLedger(table, config.tableName);
const orderCharges = createChargeLedger(table, config.tableName, (id) => jobPartition('order', id));
const stripe = createStripe(config.billing);
const billing = createBillingActivities(stripe, charges);
const now = (): string => new Date().toISOString();
const jury = new Jury(stripe, createFiles(table, config.tableName));
const reconciler = new Reconciler(
  stripe,
  createReconcileRecords(table, config.tableName),
  createTell(config.policy),
);
const activities: Activities = {
  ...(isShadow ? shadowBilling(billing, charges, now) : billing),
  ...(isShadow
    ? shadowOrderBilling(orderCharges, now)
    : createOrderBillingActivities(stripe, orderCharges)),
  ...createInventoryActivities(table, config.tableName),
  ...createQueueActivities(new SQSClient({}), config.deadLetterQueueUrl),
  ...createPublishActivities(createSaveChange(table, config.tableName), post, herald),
  resendEmail: createResend(table, config.tableName, post),
  ...createRecordsActivities(table, config.tableName),
  ...createCustomerActivities(table, config.tableName),
  ...createJobActivities(table, config.tableName, post),
  ...createBatchActivities({
    table,
    tableName: config.tableName,
    post,
    subscriptions: createAskSubscription(),
  }),
  judge: jury.judge,
  analyse: jury.analyse,
  reconcile: reconciler.reconcile,
};

const { connectionOptions, namespace } = loadClientConnectConfig({ disableFile: true });
const connection = await NativeConnection.connect(connectionOptions).catch((error: unknown) => {
  const address = connectionOptions.address ?? 'localhost:7233';
  throw new Error(`TEMPORAL_ADDRESS: Temporal does not answer at ${address}: ${String(error)}`);
});
try {
  const worker = await Worker.create({
    connection,
    activities,
    taskQueue: TASK_QUEUE,
    namespace: namespace ?? 'default',
    workflowBundle:
      config.workflowBundle === undefined
        ? { code: await bundleWorkflows() }
        : { codePath: config.workflowBundle },
    // Every task of a history carries these two, and open history is paid for by the byte.
    identity: `${process.pid}`,
    ...(config.buildId && {
      workerDeploymentOptions: {
        version: { deploymentName: TASK_QUEUE, buildId: config.buildId },
        useWorkerVersioning: false,
      },
    }),
    // ECS allows 120 s between SIGTERM and SIGKILL.
    shutdownGraceTime: '90s',
    shutdownForceTime: '110s',
  });
  await ensureSchedule(connection, namespace ?? 'default', config.reconcile).catch(
    (error: unknown) => Runtime.instance().logger.error('no nightly reconciliation', { error }),
  );
  await worker.run();
} finally {
  transport.close();
  await connection.close();
}
