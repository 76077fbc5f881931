import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { cacheFolder } from './cache.ts';

const PATIENCE_MS = 300_000;

/**
 * The folder of these artefacts' jars (`group:artifact:version`) and of all they need, fetched once and kept in the cache
 * under this name. By Maven itself, as that knows the user's mirrors and proxies.
 */
export async function fetchJars(
  name: string,
  coordinates: readonly string[],
  say: (line: string) => void,
): Promise<string> {
  const folder = cacheFolder(name);
  const jars = join(folder, 'jars');
  if (existsSync(jars)) return jars;
  say(`fetching ${name} with Maven, once`);
  const workplace = mkdtempSync(join(folder, 'fetching-'));
  try {
    writeFileSync(join(workplace, 'pom.xml'), pom(coordinates));
    await mvn(['dependency:copy-dependencies', '-DoutputDirectory=jars'], workplace);
    // Whole or not at all; another process may have been faster.
    if (!existsSync(jars)) renameSync(join(workplace, 'jars'), jars);
  } finally {
    rmSync(workplace, { recursive: true, force: true });
  }
  return jars;
}

function pom(coordinates: readonly string[]): string {
  const dependencies = coordinates.map((each) => {
    const [group, artifact, version] = each.split(':');
    return `
    <dependency>
      <groupId>${group}</groupId>
      <artifactId>${artifact}</artifactId>
      <version>${version}</version>
    </dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>perennial</groupId>
  <artifactId>jars</artifactId>
  <version>1</version>
  <dependencies>${dependencies.join('')}
  </dependencies>
</project>
`;
}

function mvn(args: string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('mvn', ['-q', '-B', ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    }
    child.once('error', () => reject(new Error('mvn is not on PATH')));
    child.once('exit', (code) => {
      const reason = said.split('\n').find((line) => line.includes('ERROR')) ?? `exited ${code}`;
      if (code === 0) resolve();
      else reject(new Error(reason.trim()));
    });
  });
}
