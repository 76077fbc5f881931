/**
 * Resolves when the process is asked to end, by a signal, by `stop`, or because nobody reads what it prints any more; asking
 * again does not hurry it.
 */
export function untilStopped(): { signal: Promise<void>; stop: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => resolve());
  process.stdout.on('error', () => resolve());
  return { signal: promise, stop: resolve };
}
