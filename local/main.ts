// `npm start`: the whole product on this machine, with a year of one subscription to watch.
import { parseArgs } from 'node:util';

import { play } from './play.ts';
import { runWithStack, say } from './run.ts';

const USAGE = 'usage: npm start [-- --no-demo]';

const withDemo = readArguments();
await runWithStack(async (stack, stopped) => {
  say(`ready ${stack.url}`);
  if (withDemo) {
    const ending = stopped.then(() => 'stopped' as const);
    const end = await Promise.race([play('trial-to-paid', stack, say).catch(blame), ending]);
    if (end !== 'stopped') say(`\nThe stack stays up at ${stack.url}; Ctrl-C ends it.`);
  }
  await stopped;
});

function readArguments(): boolean {
  try {
    const options = { demo: { type: 'boolean', default: true } } as const;
    return parseArgs({ options, allowNegative: true }).values.demo;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(2);
  }
}

function blame(error: unknown): void {
  console.error(`The scenario failed: ${error instanceof Error ? error.message : String(error)}`);
}
