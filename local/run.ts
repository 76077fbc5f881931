import { readConfig } from './config.ts';
import { untilStopped } from './signals.ts';
import { startStack, type Stack } from './stack.ts';

/** Prints one line for the person at the terminal. */
export const say = (line: string): void => console.log(line);

/**
 * Brings the stack up, lets `work` use it, and takes all of it down again when the work is done, has failed, a part has
 * ended, or the process was asked to end. Exits 1 after a failure, whose message is then the last thing printed.
 */
export async function runWithStack(
  work: (stack: Stack, stopped: Promise<void>) => Promise<void>,
): Promise<never> {
  const stopped = untilStopped();
  let failure: string | undefined;
  const fail = (reason: string): void => {
    failure ??= reason;
    stopped.stop();
  };
  try {
    const config = readConfig(process.env);
    say('starting the stack …');
    const stack = await startStack({
      config,
      say: (line) => say(`  ${line}`),
      onCrash: (reason) => fail(`A part of the stack has ended: ${reason}`),
      signal: stopped.abort,
    });
    try {
      await work(stack, stopped.signal);
    } catch (error) {
      failure ??= messageOf(error);
    } finally {
      say('stopping …');
      await stack.stop();
    }
  } catch (error) {
    if (!stopped.abort.aborted) failure ??= messageOf(error);
  }
  if (failure !== undefined) console.error(failure);
  process.exit(failure === undefined ? 0 : 1);
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
