import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { freePorts } from '../../local/ports.ts';
import { until } from '../../local/until.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** What a killed stack cannot clear away itself. */
const leftovers = mkdtempSync(join(tmpdir(), 'perennial-start-'));
const running: ChildProcess[] = [];

afterEach(() => {
  for (const { pid } of running.splice(0)) {
    if (pid !== undefined) for (const each of [...descendants(pid), pid]) kill(each, 'SIGKILL');
  }
});

afterAll(() => rmSync(leftovers, { recursive: true, force: true }));

interface Started {
  process: ChildProcess;
  output: () => string;
  /** Resolves with the exit code, or the signal that ended it. */
  ended: Promise<number | string>;
}

/** Starts a command in a process group of its own, as a terminal does. */
function start(command: string, args: string[], env: Record<string, string> = {}): Started {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, TMPDIR: leftovers, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  }
  const ended = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string);
  return { process: child, output: () => output, ended };
}

const ready = (started: Started): Promise<string> =>
  until(
    'the stack to be ready',
    () => /ready (http:\/\/127\.0\.0\.1:\d+)/.exec(started.output())?.[1],
    { ms: 90_000 },
  );

function descendants(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' });
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const below = (parent: number): number[] =>
    rows.filter((row) => row[1] === parent).flatMap(([child]) => [child!, ...below(child!)]);
  return below(pid);
}

function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

const port = async (): Promise<Record<string, string>> => ({
  PORT: String((await freePorts(1))[0]),
});

describe('npm start', () => {
  it('serves until Ctrl-C, however often that is pressed, and leaves nothing behind', async () => {
    const started = start('npm', ['start', '--', '--no-demo'], await port());
    const url = await ready(started);
    expect((await fetch(`${url}/api/health`)).status).toBe(200);
    const children = descendants(started.process.pid!);
    expect(children.length).toBeGreaterThan(4);
    for (let i = 0; i < 3; i++) process.kill(-started.process.pid!, 'SIGINT');
    expect(await started.ended).toBe(0);
    expect(children.filter((pid) => kill(pid, 0))).toEqual([]);
  });

  it('takes the next port when its own is taken, and says so', async () => {
    const [taken] = await freePorts(1);
    const server = createServer().listen(taken, '127.0.0.1');
    await once(server, 'listening');
    const started = start(process.execPath, ['local/main.ts', '--no-demo'], {
      PORT: String(taken),
    });
    const url = await ready(started);
    expect(url).not.toBe(`http://127.0.0.1:${taken}`);
    expect(started.output()).toContain(`port ${taken} is taken, using ${new URL(url).port}`);
    started.process.kill('SIGTERM');
    expect(await started.ended).toBe(0);
    server.close();
  });

  it('leaves nothing behind when it is killed, and starts again after that', async () => {
    const environment = await port();
    const killed = start(process.execPath, ['local/main.ts', '--no-demo'], environment);
    await ready(killed);
    const children = descendants(killed.process.pid!);
    killed.process.kill('SIGKILL');
    await until('the end of its children', () => children.every((pid) => !kill(pid, 0)));
    const again = start(process.execPath, ['local/main.ts', '--no-demo'], environment);
    expect(await ready(again)).toBe(`http://127.0.0.1:${environment['PORT']}`);
    again.process.kill('SIGTERM');
    expect(await again.ended).toBe(0);
  });

  it('ends as a whole when a part of it does, and says which', async () => {
    const started = start(process.execPath, ['local/main.ts', '--no-demo'], await port());
    await ready(started);
    const children = descendants(started.process.pid!);
    const { stdout } = spawnSync('ps', ['-o', 'pid=,args=', '-p', children.join()], {
      encoding: 'utf8',
    });
    const provider = Number(
      stdout
        .split('\n')
        .find((line) => line.includes('provider/main.ts'))!
        .trim()
        .split(/\s+/)[0],
    );
    kill(provider, 'SIGKILL');
    expect(await started.ended).toBe(1);
    expect(started.output()).toContain('A part of the stack has ended: provider ended by SIGKILL');
    expect(children.filter((pid) => kill(pid, 0))).toEqual([]);
  });

  it.each([
    ['PORT', 'http'],
    ['LIFECYCLE_POLICY', '{"trialReminders":["soon"]}'],
    ['TEMPORAL_ADDRESS', '127.0.0.1:1'],
  ])('with a wrong %s does not start, and names it', async (name, value) => {
    const started = start(process.execPath, ['local/main.ts', '--no-demo'], {
      ...(await port()),
      [name]: value,
    });
    expect(await started.ended).toBe(1);
    expect(started.output()).toContain(name);
    expect(started.output()).not.toMatch(/\n\s+at /);
  });
});

describe('npm run demo', () => {
  it('plays a scenario to its end', async () => {
    const started = start('npm', ['run', 'demo', '--', 'eight-day-trial'], await port());
    expect(await started.ended).toBe(0);
    expect(started.output()).toMatch(/in {3}subscription\.trial_started/);
    expect(started.output()).toMatch(/out {2}e-mail converted/);
    expect(started.output()).toMatch(/3 e-mails: 1 welcome, 1 trial_ending, 1 converted/);
    expect(started.output()).toMatch(/\d+ Temporal actions/);
    expect(started.output()).not.toContain('\u001b[');
  });

  it('does not know every scenario, and lists those that it does', async () => {
    const started = start('npm', ['run', 'demo', '--', 'no-such-story']);
    expect(await started.ended).toBe(2);
    expect(started.output()).toContain('trial-to-paid');
  });
});

describe('npm run trigger', () => {
  it('posts an event to a running stack, and says so when none runs', async () => {
    const environment = await port();
    const trigger = (...args: string[]): Started =>
      start('npm', ['run', 'trigger', '--', ...args], environment);
    const nobody = trigger('customer.subscription.created', '--subscription', 'sub_t');
    expect(await nobody.ended).toBe(2);
    expect(nobody.output()).toContain('is the stack running (npm start)?');
    const stack = start(process.execPath, ['local/main.ts', '--no-demo'], environment);
    const url = await ready(stack);
    const created = trigger(
      'customer.subscription.created',
      '--subscription',
      'sub_t',
      '--email',
      'ada@example.com',
    );
    expect(await created.ended).toBe(0);
    const found = await until('the trial', async () => {
      const response = await fetch(`${url}/api/subscriptions/sub_t`);
      return response.status === 200 && ((await response.json()) as { status: string });
    });
    expect(found.status).toBe('trialing');
    expect(await trigger('customer.subscription.deleted', '--subscription', 'sub_t').ended).toBe(0);
    await until('the end', async () => {
      const response = await fetch(`${url}/api/subscriptions/sub_t`);
      return ((await response.json()) as { status: string }).status === 'canceled';
    });
    stack.process.kill('SIGTERM');
    expect(await stack.ended).toBe(0);
  });
});
