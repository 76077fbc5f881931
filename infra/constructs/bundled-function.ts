import { join } from 'node:path';

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

import { FUNCTIONS, type FunctionName } from '../../functions/manifest.ts';

interface BundledFunctionProps {
  name: FunctionName;
  bundles: string;
  environment: Record<string, string>;
}

/** A function as its manifest describes it, from its bundle. */
export class BundledFunction extends Function {
  constructor(scope: Construct, id: string, { name, bundles, environment }: BundledFunctionProps) {
    const { timeoutSeconds, memoryMb } = FUNCTIONS[name];
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Lambda's own policy would let it write into every log group of the account.
    const role = new Role(scope, `${id}Role`, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    });
    logGroup.grantWrite(role);
    super(scope, id, {
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(join(bundles, name)),
      handler: 'index.handler',
      timeout: Duration.seconds(timeoutSeconds),
      memorySize: memoryMb,
      environment: { POWERTOOLS_LOG_LEVEL: 'INFO', ...environment },
      logGroup,
      role,
    });
  }
}
