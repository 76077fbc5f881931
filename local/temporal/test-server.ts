import { spawn } from 'node:child_process';
import { chmodSync, existsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { cacheFolder } from '../cache.ts';
import { download } from './download.ts';
import { TEST_SERVER_VERSION } from './versions.ts';

const PATIENCE_MS = 300_000;

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

const mavenScript = (): string =>
  join(cacheFolder(`temporal-test-server-${TEST_SERVER_VERSION}`), 'temporal-test-server');

async function fromMaven(say: (line: string) => void): Promise<string> {
  const script = mavenScript();
  const folder = dirname(script);
  if (existsSync(script)) return script;
  say(`fetching the test server ${TEST_SERVER_VERSION} with Maven, once`);
  writeFileSync(join(folder, 'pom.xml'), POM);
  const target = join(folder, 'lib');
  await run(
    'mvn',
    ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${target}`],
    folder,
  );
  const main = 'io.temporal.testserver.TestServer';
  writeFileSync(script, `#!/bin/sh\nexec java -cp "${target}/*" ${main} "$@"\n`);
  chmodSync(script, 0o755);
  return script;
}

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>perennial</groupId>
  <artifactId>test-server</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>io.temporal</groupId>
      <artifactId>temporal-test-server</artifactId>
      <version>${TEST_SERVER_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-nop</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;

function run(command: string, args: string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    }
    child.once('error', () => reject(new Error(`${command} is not on PATH`)));
    child.once('exit', (code) => {
      const reason = said.split('\n').find((line) => line.includes('ERROR')) ?? `exited ${code}`;
      if (code === 0) resolve();
      else reject(new Error(reason.trim()));
    });
  });
}

const reasonOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
