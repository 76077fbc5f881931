// `npm run demo -- <scenario>`: plays one scenario against a stack of its own.
import { readConfig } from './config.ts';
import { play } from './play.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { untilStopped } from './signals.ts';
import { startStack } from './stack.ts';

const [name = ''] = process.argv.slice(2);
if (!Object.hasOwn(SCENARIOS, name)) {
  const list = Object.entries(SCENARIOS).map(([key, { title }]) => `  ${key.padEnd(20)} ${title}`);
  console.error(`usage: npm run demo -- <scenario>\n\n${list.join('\n')}`);
  process.exit(2);
}

const say = (line: string): void => console.log(line);
const stopped = untilStopped();
say('starting the stack …');
const stack = await startStack({
  config: readConfig(process.env),
  say: (line) => say(`  ${line}`),
  onCrash: (reason) => {
    console.error(`A part of the stack has ended: ${reason}`);
    process.exitCode = 1;
    stopped.stop();
  },
});
const outcome = await Promise.race([
  play(name, stack, say).then(
    () => 'played' as const,
    (error: unknown) => error,
  ),
  stopped.signal.then(() => 'stopped' as const),
]);
await stack.stop();
if (outcome !== 'played') {
  if (outcome !== 'stopped') console.error(outcome instanceof Error ? outcome.message : outcome);
  process.exitCode ??= 1;
}
process.exit();
