import { setTimeout as sleep } from 'node:timers/promises';

/** Thrown by a probe when waiting longer is pointless. */
export class Hopeless extends Error {}

/** Polls until `probe` answers with something; throws, naming `what`, when it has not within `ms` milliseconds. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  { ms = 30_000, every = 50 }: { ms?: number; every?: number } = {},
): Promise<T> {
  const deadline = Date.now() + ms;
  let failure: unknown;
  for (;;) {
    try {
      const answer = await probe();
      if (answer !== undefined && answer !== false) return answer;
      failure = undefined;
    } catch (error) {
      if (error instanceof Hopeless) throw error;
      failure = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`${what} did not happen within ${ms} ms`, { cause: failure });
    }
    await sleep(every);
  }
}
