import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { LambdaHost, type LocalFunction } from '../../local/lambda/host.ts';
import { Processes } from '../../local/processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'perennial-lambda-'));
const processes = new Processes(folder, () => undefined);
let host: LambdaHost;

beforeAll(async () => {
  host = await LambdaHost.start(processes);
});
afterAll(async () => {
  await host.stop();
  await processes.stopAll();
  rmSync(folder, { recursive: true, force: true });
});

let count = 0;
function deploy(source: string, { concurrency = 1, timeoutMs = 5000 } = {}): LocalFunction {
  const file = join(folder, `handler-${count++}.cjs`);
  writeFileSync(file, source);
  return host.deploy({
    name: 'test',
    file,
    environment: { GREETING: 'hello' },
    concurrency,
    timeoutMs,
    memoryMb: 128,
  });
}

describe('a function', () => {
  it('is invoked in one sandbox that keeps its state, with a context of its own', async () => {
    const fn = deploy(`
      let calls = 0;
      exports.handler = async (event, context) => ({
        calls: ++calls, event, greeting: process.env.GREETING, name: context.functionName,
        left: context.getRemainingTimeInMillis() > 4000,
      });`);
    expect(await fn.invoke({ a: 1 })).toEqual({
      calls: 1,
      event: { a: 1 },
      greeting: 'hello',
      name: 'test',
      left: true,
    });
    expect(await fn.invoke({ a: 2 })).toMatchObject({ calls: 2 });
  });

  it('runs in as many sandboxes as it may, and one invocation at a time in each', async () => {
    const fn = deploy(
      `let open = 0;
       exports.handler = async () => {
         open += 1;
         const seen = open;
         await new Promise((resolve) => setTimeout(resolve, 30));
         open -= 1;
         return { seen, pid: process.pid };
       };`,
      { concurrency: 2 },
    );
    const answers = (await Promise.all(Array.from({ length: 8 }, () => fn.invoke({})))) as {
      seen: number;
      pid: number;
    }[];
    expect(answers.map(({ seen }) => seen)).toEqual(Array.from({ length: 8 }, () => 1));
    expect(new Set(answers.map(({ pid }) => pid)).size).toBe(2);
  });

  it('that throws is an error, and goes on', async () => {
    const fn = deploy(`
      exports.handler = async ({ fail }) => {
        if (fail) throw new TypeError('not today');
        return 'well';
      };`);
    await expect(fn.invoke({ fail: true })).rejects.toThrow('not today');
    expect(await fn.invoke({})).toBe('well');
  });

  it('that takes too long is ended, and starts anew', async () => {
    const fn = deploy(
      `exports.handler = async ({ hang }) => (hang ? new Promise(() => setInterval(() => {}, 1000)) : process.pid);`,
      { timeoutMs: 300 },
    );
    const first = await fn.invoke({});
    await expect(fn.invoke({ hang: true })).rejects.toThrow('task timed out after 0.3 seconds');
    expect(await fn.invoke({})).not.toBe(first);
  });

  it('that dies takes its invocation along, and no other', async () => {
    const fn = deploy(`exports.handler = async ({ die }) => (die ? process.exit(1) : 'alive');`);
    const [died, lived] = await Promise.allSettled([fn.invoke({ die: true }), fn.invoke({})]);
    expect(died).toMatchObject({ status: 'rejected' });
    expect(lived).toMatchObject({ status: 'fulfilled', value: 'alive' });
  });

  it('that cannot be loaded says why', async () => {
    const fn = deploy(`throw new Error('QUEUE_URL is missing');`);
    await expect(fn.invoke({})).rejects.toThrow('QUEUE_URL is missing');
  });
});
