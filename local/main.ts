// `npm start`: the whole product on this machine, with a year of one subscription to watch.
import { parseArgs } from 'node:util';

import { readConfig } from './config.ts';
import { play } from './play.ts';
import { untilStopped } from './signals.ts';
import { startStack } from './stack.ts';

const { values } = parseArgs({
  options: { demo: { type: 'boolean', default: true } },
  allowNegative: true,
});
const say = (line: string): void => console.log(line);

const config = readConfig(process.env);
const stopped = untilStopped();
say('starting the stack …');
const stack = await startStack({
  config,
  say: (line) => say(`  ${line}`),
  onCrash: (reason) => {
    console.error(`A part of the stack has ended: ${reason}`);
    process.exitCode = 1;
    stopped.stop();
  },
});
say(`ready ${stack.url}`);
if (values.demo) {
  await Promise.race([play('trial-to-paid', stack, say).catch(blame), stopped.signal]);
  say(`\nThe stack stays up at ${stack.url}; Ctrl-C ends it.`);
}
await stopped.signal;
say('stopping …');
await stack.stop();

function blame(error: unknown): void {
  console.error(`The scenario failed: ${error instanceof Error ? error.message : String(error)}`);
}
