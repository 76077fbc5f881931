/** How a process learns that it is to end. */
export interface Stopped {
  signal: Promise<void>;
  /** The same, for what can be aborted. */
  abort: AbortSignal;
  stop: () => void;
}

/**
 * Resolves when the process is asked to end, by a signal, by `stop`, or because nobody reads what it prints any more; asking
 * again does not hurry it.
 */
export function untilStopped(): Stopped {
  const { promise, resolve } = Promise.withResolvers<void>();
  const controller = new AbortController();
  const stop = (): void => {
    resolve();
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop);
  process.stdout.on('error', stop);
  return { signal: promise, abort: controller.signal, stop };
}
