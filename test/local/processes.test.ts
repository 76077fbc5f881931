import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { afterAll, describe, expect, it } from 'vitest';

import { lastLines, Processes } from '../../local/processes.ts';
import { until } from '../../local/until.ts';

const folder = mkdtempSync(join(tmpdir(), 'perennial-processes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const node = (script: string) => ({ command: process.execPath, args: ['-e', script] });
const FOR_EVER = 'setInterval(() => {}, 1000)';

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a child', () => {
  it('that ends by itself is a crash, with its last words', async () => {
    const crashes: string[] = [];
    const processes = new Processes(folder, (child, how) => crashes.push(`${child.name} ${how}`));
    const script = 'console.log("last words"); process.exit(3)';
    const child = processes.start({ name: 'crasher', ...node(script) });
    await child.ended;
    expect(crashes).toEqual(['crasher exited 3']);
    expect(lastLines(child)).toBe('last words');
    await processes.stopAll();
  });

  it('that cannot be started is a crash too', async () => {
    const crashes: string[] = [];
    const processes = new Processes(folder, (child, how) => crashes.push(`${child.name} ${how}`));
    const child = processes.start({ name: 'nobody', command: '/no/such/command', args: [] });
    await child.ended;
    expect(crashes).toEqual([expect.stringMatching(/^nobody .*ENOENT/)]);
    await processes.stopAll();
  });

  it('is stopped without that being a crash, by force when it does not listen', async () => {
    const crashes: string[] = [];
    const processes = new Processes(folder, (child) => crashes.push(child.name));
    const deaf = processes.start({
      name: 'deaf',
      ...node(`process.on("SIGTERM", () => {}); console.log("up"); ${FOR_EVER}`),
    });
    await until('the deaf child', () => lastLines(deaf) === 'up');
    await deaf.stop(100);
    expect(isAlive(deaf.pid)).toBe(false);
    const frozen = processes.start({ name: 'frozen', ...node(FOR_EVER) });
    frozen.kill('SIGSTOP');
    await frozen.stop(5000);
    expect(isAlive(frozen.pid)).toBe(false);
    await processes.stopAll();
    expect(crashes).toEqual([]);
  });

  it('is not started any more once all are being stopped', async () => {
    const processes = new Processes(folder, () => undefined);
    await processes.stopAll();
    expect(() => processes.start({ name: 'late', ...node(FOR_EVER) })).toThrow(
      'too late to start late',
    );
  });

  it('sees of our environment only what it is given', async () => {
    process.env['SECRET_OF_OURS'] = 'x';
    const processes = new Processes(folder, () => undefined);
    const child = processes.start({
      name: 'environment',
      ...node('console.log(process.env.SECRET_OF_OURS, process.env.GIVEN)'),
      env: { GIVEN: 'yes' },
    });
    await child.ended;
    expect(lastLines(child)).toBe('undefined yes');
    await processes.stopAll();
  });
});

it('when we are killed, the watchdog ends our children', async () => {
  const script = join(folder, 'parent.ts');
  const module = fileURLToPath(new URL('../../local/processes.ts', import.meta.url));
  writeFileSync(
    script,
    `import { Processes } from ${JSON.stringify(module)};
     const processes = new Processes(${JSON.stringify(folder)}, () => undefined);
     const child = processes.start({ name: 'orphan', command: process.execPath, args: ['-e', ${JSON.stringify(FOR_EVER)}] });
     console.log(child.pid);
     setInterval(() => undefined, 1000);`,
  );
  const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
  const orphan = Number(line);
  expect(isAlive(orphan)).toBe(true);
  parent.kill('SIGKILL');
  await until('the end of the orphan', () => !isAlive(orphan), { ms: 10_000 });
});
