import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a child process is started with. */
export interface ProcessOptions {
  name: string;
  command: string;
  args: string[];
  cwd?: string;
  /** The whole environment of the child, beside PATH and the like. */
  env?: Record<string, string>;
}

/** A running child process. */
export interface ManagedProcess {
  readonly name: string;
  readonly pid: number;
  readonly isRunning: boolean;
  readonly logFile: string;
  /** Resolves when it has ended, however that came. */
  readonly ended: Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Asks it to end and, after `patience` milliseconds, makes it. */
  stop(patience?: number): Promise<void>;
}

const KEPT_VARIABLES = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot', 'LANG', 'TZ'];

/**
 * Starts children and knows them all: each runs in a process group of its own (so that Ctrl-C reaches only us, who stop
 * them in order), writes to a log file, and is ended by a watchdog should we be killed.
 */
export class Processes {
  readonly #logs: string;
  readonly #running = new Map<number, ManagedProcess>();
  readonly #watchdog: ChildProcess;
  readonly #onCrash: (child: ManagedProcess, how: string) => void;
  #isStopping = false;

  /** `onCrash` hears of every child that ends without having been told to. */
  constructor(logs: string, onCrash: (child: ManagedProcess, how: string) => void) {
    mkdirSync(logs, { recursive: true });
    this.#logs = logs;
    this.#onCrash = onCrash;
    this.#watchdog = spawn(
      process.execPath,
      [fileURLToPath(new URL('watchdog.mjs', import.meta.url))],
      { stdio: ['pipe', 'ignore', 'ignore'], detached: true },
    );
    this.#watchdog.unref();
    this.#watchdog.stdin!.on('error', () => undefined);
  }

  start({ name, command, args, cwd, env = {} }: ProcessOptions): ManagedProcess {
    if (this.#isStopping) throw new Error(`too late to start ${name}: everything is being stopped`);
    const logFile = join(this.#logs, `${name}.log`);
    const log = openSync(logFile, 'a');
    const kept = KEPT_VARIABLES.flatMap((key) => {
      const value = process.env[key];
      return value === undefined ? [] : [[key, value]];
    });
    const child = spawn(command, args, {
      ...(cwd !== undefined && { cwd }),
      env: { ...(Object.fromEntries(kept) as Record<string, string>), ...env },
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    const managed = this.#manage(child, name, logFile);
    if (child.pid !== undefined) this.#watchdog.stdin!.write(`+${child.pid}\n`);
    return managed;
  }

  #manage(child: ChildProcess, name: string, logFile: string): ManagedProcess {
    let isExpected = false;
    let isRunning = child.pid !== undefined;
    const pid = child.pid ?? -1;
    const ended = new Promise<void>((resolve) => {
      const over = (how: string): void => {
        if (isRunning) this.#watchdog.stdin!.write(`-${pid}\n`);
        isRunning = false;
        this.#running.delete(pid);
        resolve();
        if (!isExpected && !this.#isStopping) this.#onCrash(managed, how);
      };
      child.once('exit', (code, signal) => over(signal ? `ended by ${signal}` : `exited ${code}`));
      child.once('error', (error) => over(error.message));
    });
    const managed: ManagedProcess = {
      name,
      pid,
      logFile,
      ended,
      get isRunning() {
        return isRunning;
      },
      kill: (signal) => {
        isExpected = true;
        child.kill(signal);
      },
      stop: async (patience = 10_000) => {
        isExpected = true;
        if (!isRunning) return;
        child.kill('SIGCONT');
        child.kill('SIGTERM');
        const force = setTimeout(() => child.kill('SIGKILL'), patience);
        await ended;
        clearTimeout(force);
      },
    };
    if (isRunning) this.#running.set(pid, managed);
    return managed;
  }

  /** From now on nothing that ends is a crash. */
  expectEnd(): void {
    this.#isStopping = true;
  }

  /** Ends everything that still runs, and the watchdog. */
  async stopAll(): Promise<void> {
    this.expectEnd();
    await Promise.all([...this.#running.values()].map((child) => child.stop()));
    this.#watchdog.ref();
    this.#watchdog.stdin!.end();
    if (this.#watchdog.exitCode === null) await once(this.#watchdog, 'exit');
  }
}

/** The last lines of a child's log, for the message that says why it ended. */
export function lastLines({ logFile }: ManagedProcess, count = 12): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-count).join('\n');
  } catch {
    return '';
  }
}
