// Lets the SDK download one of its servers into a folder: `node sdk-download.ts <cli|test-server> <folder>`.
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime } from '@temporalio/worker';

const [, , artifact, downloadDir] = process.argv;
Runtime.install({ logger: new DefaultLogger('ERROR', () => undefined) });
// It is pinned by the SDK's version, so it does not go out of date.
const server = {
  executable: { type: 'cached-download' as const, downloadDir: downloadDir!, ttl: '365 days' },
};
try {
  const environment =
    artifact === 'cli'
      ? await TestWorkflowEnvironment.createLocal({ server })
      : await TestWorkflowEnvironment.createTimeSkipping({ server });
  await environment.teardown();
} catch (error) {
  // The SDK's message repeats the address at every level; what went wrong stands at its end.
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${reason.trim().split(': ').slice(-2).join(': ')}\n`);
  process.exitCode = 1;
}
