import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder } from '../cache.ts';
import { fetchJars } from '../maven.ts';
import { download } from './download.ts';
import { TEST_SERVER_VERSION } from './versions.ts';

/**
 * The path of a time-skipping test server: the SDK's download, or else the Java one by way of Maven, kept outside the
 * checkout. Throws when neither can be had.
 */
export async function findTestServer(say: (line: string) => void): Promise<string> {
  try {
    return await download('test-server', say, { hasFallback: existsSync(mavenScript()) });
  } catch (error) {
    say(`the SDK's test server: ${reasonOf(error)}; trying Maven`);
  }
  try {
    return await fromMaven(say);
  } catch (error) {
    say(`the test server by Maven: ${reasonOf(error)}`);
  }
  throw new Error('No time-skipping test server could be had. Install Java 11 or newer and Maven.');
}

const CACHE = `temporal-test-server-${TEST_SERVER_VERSION}`;
const mavenScript = (): string => join(cacheFolder(CACHE), 'temporal-test-server');

async function fromMaven(say: (line: string) => void): Promise<string> {
  const script = mavenScript();
  if (existsSync(script)) return script;
  const artefacts = [
    `io.temporal:temporal-test-server:${TEST_SERVER_VERSION}`,
    'org.slf4j:slf4j-nop:1.7.36',
  ];
  const jars = await fetchJars(CACHE, artefacts, say);
  const main = 'io.temporal.testserver.TestServer';
  writeFileSync(script, `#!/bin/sh\nexec java -cp "${jars}/*" ${main} "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
