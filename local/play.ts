import { StackClient } from './client.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { Story } from './scenarios/scenario.ts';
import type { Stack } from './stack.ts';
import { actionsBetween, readActions, total } from './temporal/actions.ts';

/** Plays a scenario against a stack, line by line, and sums up. Throws when it ends otherwise than it should. */
export async function play(name: string, stack: Stack, say: (line: string) => void): Promise<void> {
  const scenario = SCENARIOS[name];
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  const metricsUrl = stack.temporal.server?.metricsUrl;
  const before = metricsUrl && (await readActions(metricsUrl));
  const started = Date.now();
  say(`\n${name}: ${scenario.title}\n`);
  const client = new StackClient(stack.url);
  const story = new Story(client, stack.provider, say);
  await scenario.play(story);
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const emails = (await Promise.all(story.ids.map((id) => client.emails(id)))).flat();
  const counts = Map.groupBy(emails, ({ type }) => type);
  const sent = [...counts].map(([type, { length }]) => `${length} ${type}`).join(', ');
  say(`\n${story.id} in ${seconds} s; ${emails.length} e-mails: ${sent}`);
  if (metricsUrl && before) {
    const actions = actionsBetween(before, await readActions(metricsUrl));
    say(`${total(actions)} Temporal actions, without the hops of the clock: ${summary(actions)}`);
  }
}

const summary = (actions: Record<string, number>): string =>
  Object.entries(actions)
    .map(([type, count]) => `${count} ${type.replace(/^(command|grpc|message)_/, '')}`)
    .join(', ');
