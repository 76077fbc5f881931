import { REQUEST_TYPES } from '../workflows/domain/requests.ts';

/** What a function needs to be built, routed to and run: read by the bundler, the local stack and the CDK app. */
export interface FunctionManifest {
  /** The calls to Temporal that it makes; the bundle holds no others, and a missing one fails as "is not a function". */
  rpcs: readonly string[];
  /** Method and path of the HTTP routes that it answers. */
  routes: readonly string[];
  /** Webhooks and links prove themselves by their signature; everything else needs IAM in AWS. */
  access: 'signature' | 'iam' | 'queue' | 'topic';
  timeoutSeconds: number;
  memoryMb: number;
}

export const FUNCTIONS = {
  webhook: {
    rpcs: [],
    routes: ['POST /webhooks/stripe', 'POST /webhooks/events'],
    access: 'signature',
    timeoutSeconds: 10,
    memoryMb: 512,
  },
  'event-consumer': {
    rpcs: [
      'SignalWithStartWorkflowExecution',
      'StartWorkflowExecution',
      'SignalWorkflowExecution',
      'RespondActivityTaskCompleted',
    ],
    routes: [],
    access: 'queue',
    timeoutSeconds: 30,
    memoryMb: 512,
  },
  'subscription-api': {
    rpcs: ['UpdateWorkflowExecution', 'PollWorkflowExecutionUpdate'],
    routes: [
      'GET /api/subscriptions',
      'GET /api/subscriptions/{id}',
      'POST /api/subscriptions/{id}/change-plan/preview',
      ...REQUEST_TYPES.map((type) => `POST /api/subscriptions/{id}/${type.replaceAll('_', '-')}`),
    ],
    access: 'iam',
    timeoutSeconds: 29,
    memoryMb: 512,
  },
  'test-clock': {
    rpcs: [
      'SignalWorkflowExecution',
      'DescribeWorkflowExecution',
      'GetWorkflowExecutionHistory',
      'UpdateWorkflowExecutionOptions',
      'RespondActivityTaskFailedById',
    ],
    routes: ['POST /api/subscriptions/{id}/clock'],
    access: 'iam',
    timeoutSeconds: 900,
    memoryMb: 512,
  },
  'customer-data': {
    rpcs: [
      'QueryWorkflow',
      'SignalWorkflowExecution',
      'DescribeWorkflowExecution',
      'ListWorkflowExecutions',
      'DeleteWorkflowExecution',
    ],
    routes: ['GET /api/customers/{id}/export', 'POST /api/customers/{id}/erase'],
    access: 'iam',
    timeoutSeconds: 29,
    memoryMb: 512,
  },
  jobs: {
    rpcs: ['UpdateWorkflowExecution', 'PollWorkflowExecutionUpdate'],
    routes: [
      'GET /api/orders',
      'GET /api/orders/{id}',
      'POST /api/orders',
      'POST /api/orders/{id}/cancel',
      'GET /api/inventory/{sku}',
      'PUT /api/inventory/{sku}',
      'GET /api/approvals',
      'GET /api/approvals/{id}',
      'POST /api/approvals',
      'POST /api/approvals/{id}/approve',
      'POST /api/approvals/{id}/reject',
      'GET /api/batches',
      'GET /api/batches/{id}',
      'POST /api/batches',
      'GET /api/batches/{id}/report',
      ...['pause', 'resume', 'cancel'].map((steering) => `POST /api/batches/{id}/${steering}`),
      'GET /api/reviews',
      'GET /api/reviews/{id}',
      'POST /api/reviews',
      'POST /api/reviews/{id}/submit-feedback',
    ],
    access: 'iam',
    timeoutSeconds: 29,
    memoryMb: 512,
  },
  'dead-letters': {
    rpcs: [],
    routes: ['GET /api/dead-letters', 'POST /api/dead-letters/{messageId}/redrive'],
    access: 'iam',
    timeoutSeconds: 29,
    memoryMb: 512,
  },
  'email-feedback': {
    rpcs: [],
    routes: [],
    access: 'topic',
    timeoutSeconds: 30,
    memoryMb: 512,
  },
  approve: {
    rpcs: ['UpdateWorkflowExecution', 'PollWorkflowExecutionUpdate'],
    routes: ['GET /approve/{token}', 'POST /approve/{token}'],
    access: 'signature',
    timeoutSeconds: 29,
    memoryMb: 512,
  },
  unsubscribe: {
    rpcs: [],
    routes: ['GET /unsubscribe/{token}', 'POST /unsubscribe/{token}'],
    access: 'signature',
    timeoutSeconds: 10,
    memoryMb: 512,
  },
} as const satisfies Record<string, FunctionManifest>;

export type FunctionName = keyof typeof FUNCTIONS;

export const FUNCTION_NAMES = Object.keys(FUNCTIONS) as FunctionName[];

/** The file of a bundle that holds its `handler`; CommonJS, as the Temporal client is. */
export const BUNDLE_FILE = 'index.cjs';
