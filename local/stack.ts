import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Message } from '@aws-sdk/client-sqs';

import { bundleFunctions } from '../functions/bundle/bundle.ts';
import type { FunctionName } from '../functions/manifest.ts';
import { bundleWorkflows } from '../worker/bundle.ts';
import { LOCAL_CREDENTIALS, LOCAL_SECRETS, type LocalConfig } from './config.ts';
import { startEventBus, type EventBus } from './event-bus.ts';
import { startFauxqs } from './fauxqs.ts';
import { deployFunctions } from './functions.ts';
import { Gateway } from './gateway.ts';
import { startHooks } from './hooks.ts';
import { startInbox, type Inbox } from './inbox.ts';
import { LambdaHost, type LocalFunction } from './lambda/host.ts';
import { noticeOf } from './mailbox-simulator.ts';
import { Poller } from './poller.ts';
import { freePorts } from './ports.ts';
import { lastLines, Processes } from './processes.ts';
import { ProviderControl } from './provider/client.ts';
import { startQueues, type Queues, type SqsServer } from './queues.ts';
import { addLocalRoutes } from './routes.ts';
import { startTable } from './table.ts';
import { isServing, startTemporal, type Temporal } from './temporal/temporal.ts';
import { until } from './until.ts';
import { createWorker, type Restartable } from './worker.ts';

/** The whole product on this machine. */
export interface Stack {
  /** Base URL of the HTTP API. */
  url: string;
  temporal: Temporal;
  inbox: Inbox;
  bus: EventBus;
  queues: Queues;
  provider: ProviderControl;
  worker: Restartable;
  /** What is deployed, to be invoked as AWS would. */
  functions: Record<FunctionName, LocalFunction>;
  /** Where the children's logs are. */
  logs: string;
  stop(): Promise<void>;
}

export interface StackOptions {
  config: LocalConfig;
  /** Hears what is going on, line by line. */
  say?: (line: string) => void;
  /** Hears that a part has ended by itself; the stack should be stopped then. */
  onCrash?: (reason: string) => void;
  /** Whether the Temporal server keeps what it knows over a restart. */
  isPersistent?: boolean;
  /** Starts the SQS server that the queues are made on. */
  startSqs?: (processes: Processes) => Promise<SqsServer>;
  /** Gives up starting when aborted. */
  signal?: AbortSignal;
}

const POLLERS = 3;
const NEVER = new AbortController().signal;
const script = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Starts everything, in an order in which each part finds what it needs; on failure nothing is left running. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const cleanup = new AsyncDisposableStack();
  try {
    const parts = await assemble(options, cleanup);
    return { ...parts, stop: () => cleanup.disposeAsync() };
  } catch (error) {
    await cleanup.disposeAsync();
    throw error;
  }
}

async function assemble(
  {
    config,
    say = () => undefined,
    onCrash = () => undefined,
    isPersistent = false,
    startSqs = startFauxqs,
    signal = NEVER,
  }: StackOptions,
  cleanup: AsyncDisposableStack,
): Promise<Omit<Stack, 'stop'>> {
  const folder = mkdtempSync(join(tmpdir(), 'perennial-'));
  const logs = join(folder, 'logs');
  let hasCrashed = false;
  const processes = new Processes(logs, (child, how) => {
    if (child.name.startsWith('lambda-')) return;
    hasCrashed = true;
    onCrash(`${child.name} ${how}; the end of ${child.logFile}:\n${lastLines(child)}`);
  });
  cleanup.defer(() => {
    if (!hasCrashed) rmSync(folder, { recursive: true, force: true });
  });
  cleanup.defer(() => processes.stopAll());

  const gateway = new Gateway();
  const port = await gateway.listen(config.PORT);
  cleanup.defer(() => gateway.close());
  if (port !== config.PORT) say(`port ${config.PORT} is taken, using ${port}`);
  const url = `http://127.0.0.1:${port}`;
  const [providerPort] = await freePorts(1);
  const providerUrl = `http://127.0.0.1:${providerPort}`;

  const environment = config.temporal;
  const bundle = join(folder, 'workflows.cjs');
  const [temporal, queues, table, inbox, bus] = await Promise.all([
    startTemporal({
      processes,
      say,
      isPersistent,
      environment,
      folder: join(folder, 'temporal'),
      signal,
    }),
    startSqs(processes).then((server) => startQueues(LOCAL_CREDENTIALS, server)),
    startTable(LOCAL_CREDENTIALS),
    startInbox(),
    startEventBus(),
    bundleFunctions(join(folder, 'functions')),
    bundleWorkflows().then((code) => writeFileSync(bundle, code)),
  ]);
  for (const part of [queues, table, inbox, bus]) cleanup.defer(() => part.close());

  signal.throwIfAborted();
  processes.start({
    name: 'provider',
    command: process.execPath,
    args: [script('provider/main.ts')],
    env: {
      PORT: String(providerPort),
      WEBHOOK_URL: `${url}/webhooks/stripe`,
      WEBHOOK_SECRET: LOCAL_SECRETS.stripe,
    },
  });
  const provider = new ProviderControl(providerUrl);
  const hooks = await startHooks(queues, provider);
  cleanup.defer(() => hooks.close());

  const shared = {
    ...temporal.environment,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: LOCAL_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: LOCAL_CREDENTIALS.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
    AWS_ENDPOINT_URL_SQS: queues.endpoint,
    TABLE_NAME: table.name,
    QUEUE_URL: queues.queueUrl,
    DEAD_LETTER_QUEUE_URL: queues.deadLetterQueueUrl,
  };
  const host = await LambdaHost.start(processes);
  cleanup.defer(() => host.stop());
  const functions = deployFunctions(host, gateway, join(folder, 'functions'), {
    ...shared,
    STRIPE_WEBHOOK_SECRET: LOCAL_SECRETS.stripe,
    WEBHOOK_SECRET: LOCAL_SECRETS.webhook,
    LINK_SECRET: LOCAL_SECRETS.link,
    TEST_CLOCK_HOOKS_URL: hooks.url,
    TEST_CLOCK_ALLOWS_LIVE: 'true',
    POWERTOOLS_DEV: 'false',
    LIFECYCLE_POLICY: JSON.stringify(config.LIFECYCLE_POLICY),
  });

  inbox.onAccepted = (email) => {
    const notice = noticeOf(email);
    if (notice === undefined) return;
    functions['email-feedback']
      .invoke(notice)
      .catch((error: unknown) => say(`email-feedback: ${String(error)}`));
  };

  const worker = createWorker(processes, temporal, {
    ...shared,
    WORKFLOW_BUNDLE: bundle,
    BUILD_ID: 'local',
    STRIPE_API_KEY: LOCAL_SECRETS.stripeApiKey,
    STRIPE_API_BASE: providerUrl,
    SMTP_URL: inbox.url,
    AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
    EVENT_BUS_NAME: 'perennial',
    ...(config.OUTBOUND_WEBHOOKS && { OUTBOUND_WEBHOOKS: config.OUTBOUND_WEBHOOKS }),
    SHADOW: config.SHADOW,
    LIFECYCLE_POLICY: JSON.stringify(config.LIFECYCLE_POLICY),
    ...(config.RECONCILE && { RECONCILE: config.RECONCILE }),
    EMAIL_FROM: 'Acme <billing@acme.example>',
    EMAIL_FROM_MARKETING: 'Acme <news@acme.example>',
    PUBLIC_URL: url,
    LINK_SECRET: LOCAL_SECRETS.link,
    PRODUCT_NAME: 'Acme',
    MANAGE_URL: `${url}/?subscription={id}`,
    ...(config.EMAIL_TEMPLATES && { EMAIL_TEMPLATES: resolve(config.EMAIL_TEMPLATES) }),
  });

  // Before what it talks to.
  cleanup.defer(() => worker.process.stop());

  const poller = new Poller({
    client: queues.client,
    queueUrl: queues.queueUrl,
    concurrency: POLLERS,
    onBatch: (messages) => observe(provider, messages),
    invoke: (event) => functions['event-consumer'].invoke(event),
    onError: (error) => say(`queue: ${error instanceof Error ? error.message : String(error)}`),
  });
  cleanup.defer(() => poller.stop());

  addLocalRoutes(
    gateway,
    { inbox, bus },
    {
      temporal: () => isServing(temporal),
      queue: () => queues.queued([]).then(() => true),
      table: () => table.isUp(),
      provider: () => provider.isUp(),
      worker: () => worker.process.isRunning,
    },
    {
      ...withoutKeys(shared),
      STRIPE_API_KEY: LOCAL_SECRETS.stripeApiKey,
      STRIPE_API_BASE: providerUrl,
      PUBLIC_URL: url,
    },
  );
  gateway.isOpen = true;
  cleanup.defer(() => void (gateway.isOpen = false));
  await Promise.all([until('the start of the provider', () => provider.isUp()), worker.start()]);
  return { url, temporal, inbox, bus, queues, provider, worker, functions, logs };
}

/** How a Temporal that was there before lets us in is nobody else's business. */
const withoutKeys = (environment: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).filter(([name]) => !/^TEMPORAL_(?!ADDRESS$|NAMESPACE$)/.test(name)),
  );

/** The provider's own view follows the events that come in, before anybody can ask it about them. */
async function observe(provider: ProviderControl, messages: Message[]): Promise<void> {
  for (const { Body = '' } of messages) {
    if (Body.includes('"object":"event"')) await provider.observe(Body);
  }
}
