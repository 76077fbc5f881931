import { createRequire } from 'node:module';

/** The Temporal server that is built when none can be downloaded. */
export const SERVER_VERSION = '1.32.1';
/** Older ones cannot skip the time of a single workflow. */
export const CLI_AT_LEAST = [1, 9] as const;
/** The time-skipping test server, from Maven when the SDK's download is out of reach. */
export const TEST_SERVER_VERSION = '1.38.0';

const { version } = createRequire(import.meta.url)('@temporalio/testing/package.json') as {
  version: string;
};
/** Names the SDK's downloads. */
export const SDK_VERSION = version;
