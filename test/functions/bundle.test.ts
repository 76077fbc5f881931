import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { bundleFunctions } from '../../functions/bundle/bundle.ts';
import { prune, type Root } from '../../functions/bundle/prune-protocol.ts';
import {
  BUNDLE_FILE,
  FUNCTION_NAMES,
  FUNCTIONS,
  type FunctionName,
} from '../../functions/manifest.ts';

const folder = mkdtempSync(join(tmpdir(), 'perennial-bundles-'));
const file = (name: FunctionName): string => join(folder, name, BUNDLE_FILE);

beforeAll(() => bundleFunctions(folder), 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** kB, minified. */
const BUDGETS: Record<FunctionName, number> = {
  webhook: 620,
  'event-consumer': 1030,
  'subscription-api': 980,
  'test-clock': 1060,
  'customer-data': 990,
  jobs: 1010,
  'dead-letters': 360,
  'email-feedback': 380,
  approve: 975,
  unsubscribe: 360,
};

describe.each(FUNCTION_NAMES)('the bundle of %s', (name) => {
  it('stays within its budget', () => {
    expect(statSync(file(name)).size / 1000).toBeLessThanOrEqual(BUDGETS[name]);
  });

  it('needs nothing but Node', () => {
    const source = readFileSync(file(name), 'utf8');
    const required = [...source.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, id]) => id!);
    const foreign = required.filter((id) => !id.startsWith('node:') && !isBuiltin(id));
    // The loader of .proto files is asked for by name only when channelz is on, which it never is.
    expect(new Set(foreign)).toEqual(
      new Set(FUNCTIONS[name].rpcs.length > 0 ? ['@grpc/proto-loader'] : []),
    );
  });

  it('says what is missing when its environment is not complete', () => {
    const script = `require(${JSON.stringify(file(name))})`;
    const options = { env: {}, stdio: 'pipe' } as const;
    expect(() => execFileSync(process.execPath, ['-e', script], options)).toThrow(
      /The function's environment is not complete[\s\S]*(QUEUE_URL|TABLE_NAME)/,
    );
  });
});

describe('the pruned protocol', () => {
  const load = createRequire(createRequire(import.meta.url).resolve('@temporalio/proto'));
  const { Root: ProtobufRoot } = load('protobufjs/light') as { Root: typeof Root };
  const whole = load('./json-module.js') as Root;
  const rpcs = ['SignalWithStartWorkflowExecution', 'UpdateWorkflowExecutionOptions'];
  const service = 'temporal.api.workflowservice.v1.WorkflowService';
  const pruned = ProtobufRoot.fromJSON(prune(whole, rpcs, [service])).resolveAll() as Root;

  it('writes the very same bytes', () => {
    const requests = {
      'temporal.api.workflowservice.v1.SignalWithStartWorkflowExecutionRequest': {
        namespace: 'default',
        workflowId: 'subscription:sub_1',
        workflowType: { name: 'trial' },
        taskQueue: { name: 'perennial', kind: 1 },
        input: {
          payloads: [
            { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{}') },
          ],
        },
        signalName: 'command',
        searchAttributes: { indexedFields: { CustomerId: { data: Buffer.from('"cus_1"') } } },
        workflowRunTimeout: { seconds: 5 },
      },
      'temporal.api.workflowservice.v1.UpdateWorkflowExecutionOptionsRequest': {
        namespace: 'default',
        workflowExecution: { workflowId: 'subscription:sub_1' },
        workflowExecutionOptions: {
          timeSkippingConfig: {
            enabled: true,
            maxSessionSkipCount: 1,
            fastForwardConfig: { id: 'x', duration: { seconds: 86_400, nanos: 5 } },
          },
        },
        updateMask: { paths: ['time_skipping_config'] },
      },
    };
    for (const [name, value] of Object.entries(requests)) {
      const bytes = (root: Root): string => {
        const type = root.lookupType(name);
        return Buffer.from(type.encode(type.fromObject(value)).finish()).toString('hex');
      };
      expect(bytes(pruned)).toBe(bytes(whole));
      expect(bytes(whole).length).toBeGreaterThan(100);
    }
  });

  it('is a fraction of the whole', () => {
    expect(JSON.stringify(pruned.toJSON()).length).toBeLessThan(
      JSON.stringify(whole.toJSON()).length / 5,
    );
  });

  it('cannot be made for a call that does not exist', () => {
    expect(() => prune(whole, ['MakeCoffee'], [service])).toThrow(
      'the protocol has no RPC MakeCoffee',
    );
  });
});
