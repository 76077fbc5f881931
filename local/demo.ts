// `npm run demo -- <scenario>`: plays one scenario against a stack of its own.
import { play } from './play.ts';
import { runWithStack, say } from './run.ts';
import { SCENARIOS } from './scenarios/index.ts';

const [name = ''] = process.argv.slice(2);
if (!Object.hasOwn(SCENARIOS, name)) {
  const width = Math.max(...Object.keys(SCENARIOS).map(({ length }) => length));
  const list = Object.entries(SCENARIOS).map(
    ([key, { title }]) => `  ${key.padEnd(width)}  ${title}`,
  );
  const unknown = name === '' ? '' : `There is no scenario "${name}".\n\n`;
  console.error(`${unknown}usage: npm run demo -- <scenario>\n\n${list.join('\n')}`);
  process.exit(2);
}

await runWithStack(async (stack, stopped) => {
  const end = await Promise.race([play(name, stack, say), stopped.then(() => 'stopped' as const)]);
  if (end === 'stopped') throw new Error(`${name} was stopped before its end`);
});
