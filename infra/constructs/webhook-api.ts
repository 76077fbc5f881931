import { CfnOutput, RemovalPolicy, Validations } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi,
  type HttpMethod,
  HttpStage,
  LogGroupLogDestination,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';

import { FUNCTIONS, type FunctionName } from '../../functions/manifest.ts';

/** Requests per second, and at once, that are let through to what costs money. */
const THROTTLE = { rateLimit: 200, burstLimit: 400 };

/** Routes that prove themselves by a signature, open to the internet, throttled and logged. */
export class WebhookApi extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { name, handler }: { name: FunctionName; handler: IFunction },
  ) {
    super(scope, id);
    const { routes, access } = FUNCTIONS[name];
    if (access !== 'signature') throw new Error(`${name} is not protected by a signature`);
    const api = new HttpApi(this, 'Http', { createDefaultStage: false });
    const integration = new HttpLambdaIntegration(`${name}-integration`, handler);
    for (const route of routes) {
      const [method, path] = route.split(' ') as [HttpMethod, string];
      api.addRoutes({ path, methods: [method], integration });
    }
    Validations.of(api).acknowledge({
      id: 'AwsSolutions::AwsSolutions-APIG4',
      reason: 'Each request is authorised by its signature, in the function.',
    });
    const logs = new LogGroup(this, 'AccessLogs', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const stage = new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: {
        destination: new LogGroupLogDestination(logs),
        format: AccessLogFormat.clf(),
      },
    });
    new CfnOutput(this, 'Url', { value: stage.url });
  }
}
