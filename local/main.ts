// `npm start`: the whole product on this machine, with a year of one subscription to watch.
import { parseArgs } from 'node:util';

import { readConfig } from './config.ts';
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
void values;
await stopped.signal;
say('stopping …');
await stack.stop();
