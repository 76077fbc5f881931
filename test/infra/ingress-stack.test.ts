import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundleFunctions } from '../../functions/bundle/bundle.ts';
import { FUNCTIONS } from '../../functions/manifest.ts';
import { readConfig } from '../../infra/config.ts';
import { IngressStack } from '../../infra/stacks/ingress-stack.ts';

const bundles = mkdtempSync(join(tmpdir(), 'perennial-infra-'));
const CONTEXT = {
  temporalAddress: 'acme.a1b2c.tmprl.cloud:7233',
  temporalNamespace: 'acme.a1b2c',
  lifecyclePolicy: '{"trialReminders":["P1D"]}',
  consumerConcurrency: '7',
};
let template: Template;

beforeAll(async () => {
  await bundleFunctions(bundles);
  const app = new App({ context: CONTEXT });
  template = Template.fromStack(
    new IngressStack(app, 'Test', { config: readConfig(app.node), bundles }),
  );
}, 60_000);
afterAll(() => rmSync(bundles, { recursive: true }));

const ref = (pattern: string) => ({ Ref: Match.stringLikeRegexp(pattern) });

describe('the queues', () => {
  it('are FIFO with groups of their own, and hand on only after as many attempts as there are', () => {
    template.hasResource('AWS::SQS::Queue', {
      DeletionPolicy: 'Retain',
      Properties: {
        QueueName: 'lifecycle-events.fifo',
        FifoQueue: true,
        DeduplicationScope: 'messageGroup',
        FifoThroughputLimit: 'perMessageGroupId',
        SqsManagedSseEnabled: true,
        RedrivePolicy: Match.objectLike({ maxReceiveCount: 1000 }),
      },
    });
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'lifecycle-events-dead-letters.fifo',
      FifoQueue: true,
      MessageRetentionPeriod: 14 * 86_400,
    });
  });

  it('hide a message for six times as long as the consumer may take', () => {
    template.hasResourceProperties('AWS::SQS::Queue', {
      QueueName: 'lifecycle-events.fifo',
      VisibilityTimeout: 6 * FUNCTIONS['event-consumer'].timeoutSeconds,
    });
  });

  it('refuse what does not come encrypted', () => {
    template.resourcePropertiesCountIs(
      'AWS::SQS::QueuePolicy',
      {
        PolicyDocument: Match.objectLike({
          Statement: Match.arrayWith([
            Match.objectLike({
              Effect: 'Deny',
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            }),
          ]),
        }),
      },
      2,
    );
  });
});

describe('the event consumer', () => {
  it('takes batches of ten, reports what failed, and no more of them at once than configured', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 7 },
    });
  });

  it('is told where everything is', () => {
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          QUEUE_URL: ref('QueuesEvents'),
          DEAD_LETTER_QUEUE_URL: ref('QueuesDeadLetters'),
          TABLE_NAME: ref('RecordsTable'),
          TEMPORAL_ADDRESS: CONTEXT.temporalAddress,
          TEMPORAL_NAMESPACE: CONTEXT.temporalNamespace,
          LIFECYCLE_POLICY: CONTEXT.lifecyclePolicy,
        }),
      },
    });
  });
});

describe('every function', () => {
  it('runs on Node 24 on ARM, with logs that end', () => {
    for (const properties of [
      { Runtime: 'nodejs24.x', Architectures: ['arm64'], Handler: 'index.handler' },
      { LoggingConfig: Match.objectLike({ LogGroup: Match.anyValue() }) },
    ]) {
      template.allResourcesProperties('AWS::Lambda::Function', Match.objectLike(properties));
    }
    template.allResourcesProperties('AWS::Logs::LogGroup', { RetentionInDays: 90 });
  });

  it('holds no secret in its environment, only where it is', () => {
    const functions = Object.values(template.findResources('AWS::Lambda::Function'));
    const variables = functions.flatMap(({ Properties }) =>
      Object.entries((Properties as { Environment: { Variables: object } }).Environment.Variables),
    );
    const secret = variables.filter(([name]) => /SECRET|KEY|TOKEN|PASSWORD/.test(name));
    expect(secret.map(([name]) => name).toSorted()).toEqual([
      'STRIPE_WEBHOOK_SECRET_ARN',
      'WEBHOOK_SECRET_ARN',
    ]);
    expect(secret.every(([, value]) => typeof value === 'object' && 'Ref' in value)).toBe(true);
  });

  it('may do nothing to everything', () => {
    const policies = JSON.stringify(template.findResources('AWS::IAM::Policy'));
    expect(policies).not.toContain('"Resource":"*"');
    expect(policies).not.toMatch(/"Action":"[a-z]+:\*"/);
  });
});

describe('the API', () => {
  it('has the routes of the webhook function, throttled and logged, and no others', () => {
    const routes = Object.values(template.findResources('AWS::ApiGatewayV2::Route'));
    expect(routes.map(({ Properties }) => (Properties as { RouteKey: string }).RouteKey)).toEqual([
      ...FUNCTIONS.webhook.routes,
    ]);
    template.hasResourceProperties('AWS::ApiGatewayV2::Stage', {
      DefaultRouteSettings: { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
      AccessLogSettings: Match.objectLike({ DestinationArn: Match.anyValue() }),
    });
  });
});

describe('the table', () => {
  it('is kept, backed up, and found by status and by customer', () => {
    template.hasResource('AWS::DynamoDB::GlobalTable', {
      DeletionPolicy: 'Retain',
      Properties: {
        GlobalSecondaryIndexes: [
          Match.objectLike({ IndexName: 'by-status' }),
          Match.objectLike({ IndexName: 'by-customer' }),
        ],
        Replicas: [
          Match.objectLike({
            DeletionProtectionEnabled: true,
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
          }),
        ],
      },
    });
  });
});

describe('the context', () => {
  it.each([
    ['temporalAddress', undefined],
    ['temporalAddress', 'acme.tmprl.cloud'],
    ['temporalNamespace', ''],
    ['consumerConcurrency', '1'],
  ])('with a wrong %s (%j) is refused by name', (name, value) => {
    const app = new App({ context: { ...CONTEXT, [name]: value } });
    expect(() => readConfig(app.node)).toThrow(name);
  });
});
