import { fileURLToPath } from 'node:url';

import { lastLines, type ManagedProcess, type Processes } from './processes.ts';
import { isPolled, type Temporal } from './temporal/temporal.ts';
import { Hopeless, until } from './until.ts';

/** A part that can be killed and started again. */
export interface Restartable {
  readonly process: ManagedProcess;
  /** Starts it unless it runs, and returns once it is at work. */
  start(): Promise<void>;
}

/** Runs the worker that is deployed, as a process. */
export function createWorker(
  processes: Processes,
  temporal: Temporal,
  env: Record<string, string>,
): Restartable {
  const spawn = (): ManagedProcess =>
    processes.start({
      name: 'worker',
      command: process.execPath,
      args: [fileURLToPath(new URL('../worker/main.ts', import.meta.url))],
      env,
    });
  let current = spawn();
  return {
    get process() {
      return current;
    },
    async start() {
      if (!current.isRunning) current = spawn();
      await until('the start of the worker', async () => {
        if (!current.isRunning) throw new Hopeless(`the worker ended:\n${lastLines(current)}`);
        return isPolled(temporal, `${current.pid}`);
      });
    },
  };
}
