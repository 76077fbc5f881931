// `npm start`: the whole product on this machine, with a year of one subscription to watch.
import { parseArgs } from 'node:util';

import { play } from './play.ts';
import { runWithStack, say } from './run.ts';

const { values } = parseArgs({
  options: { demo: { type: 'boolean', default: true } },
  allowNegative: true,
});

await runWithStack(async (stack, stopped) => {
  say(`ready ${stack.url}`);
  if (values.demo) {
    await Promise.race([play('trial-to-paid', stack, say).catch(blame), stopped]);
    say(`\nThe stack stays up at ${stack.url}; Ctrl-C ends it.`);
  }
  await stopped;
});

function blame(error: unknown): void {
  console.error(`The scenario failed: ${error instanceof Error ? error.message : String(error)}`);
}
