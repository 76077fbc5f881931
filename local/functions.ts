import { join } from 'node:path';

import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

import {
  BUNDLE_FILE,
  FUNCTION_NAMES,
  FUNCTIONS,
  type FunctionName,
} from '../functions/manifest.ts';
import { json } from '../functions/shared/http.ts';
import type { Gateway } from './gateway.ts';
import type { LambdaHost, LocalFunction } from './lambda/host.ts';

/** Sandboxes of each function at most; a clock keeps one for as long as it runs. */
const CONCURRENCY: Record<FunctionName, number> = {
  webhook: 2,
  'event-consumer': 3,
  'subscription-api': 2,
  'test-clock': 6,
  'customer-data': 1,
  jobs: 1,
  'dead-letters': 1,
  'email-feedback': 1,
  approve: 1,
  unsubscribe: 1,
};

/** Puts the bundled functions behind the gateway, by the routes of their manifest. */
export function deployFunctions(
  host: LambdaHost,
  gateway: Gateway,
  bundles: string,
  environment: Record<string, string>,
): Record<FunctionName, LocalFunction> {
  const deployed = FUNCTION_NAMES.map((name) => {
    const { routes, timeoutSeconds, memoryMb } = FUNCTIONS[name];
    const fn = host.deploy({
      name,
      environment,
      memoryMb,
      timeoutMs: timeoutSeconds * 1000,
      file: join(bundles, name, BUNDLE_FILE),
      concurrency: CONCURRENCY[name],
    });
    for (const route of routes) gateway.on(route, async (event) => answer(await fn.invoke(event)));
    return [name, fn] as const;
  });
  return Object.fromEntries(deployed) as Record<FunctionName, LocalFunction>;
}

/** API Gateway takes an answer without a status code for the body of a 200. */
function answer(result: unknown): APIGatewayProxyStructuredResultV2 {
  const isResult = typeof result === 'object' && result !== null && 'statusCode' in result;
  return isResult
    ? (result as APIGatewayProxyStructuredResultV2)
    : json(200, Object(result) as object);
}
