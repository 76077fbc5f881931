import { connectStripe } from '../stripe.ts';
import { error, type Check, type Finding } from './findings.ts';
import { judgeDeadLetters, judgeQueue, judgeTable, judgeTemporal } from './infrastructure.ts';
import { judgeKey, modeOf, type Mode } from './key.ts';
import { findOwnEmails } from './own-emails.ts';
import { judgeEndpoint } from './webhook.ts';

/** Everything that is looked at, by the variables that the functions and the worker have. */
export function checksFor(environment: NodeJS.ProcessEnv, expected: Mode | undefined): Check[] {
  const given = (
    name: string,
    look: (value: string) => Finding[] | Promise<Finding[]>,
    what = name,
  ): Check => ({
    what,
    run: async () => {
      const value = environment[name];
      return value ? look(value) : [error(what, name === what ? 'is not set' : `needs ${name}`)];
    },
  });
  const { STRIPE_API_BASE: base, PUBLIC_URL: publicUrl } = environment;
  return [
    given('STRIPE_API_KEY', (key) => judgeKey(key, expected)),
    given(
      'STRIPE_API_KEY',
      (key) => findOwnEmails(connectStripe(key, base, 1), modeOf(key)),
      "Stripe's own e-mails",
    ),
    given(
      'STRIPE_API_KEY',
      (key) => judgeEndpoint(connectStripe(key, base, 1), publicUrl),
      'webhook endpoint',
    ),
    { what: 'Temporal', run: () => judgeTemporal(temporalIn(environment)) },
    given('TABLE_NAME', judgeTable),
    given('QUEUE_URL', judgeQueue),
    given('DEAD_LETTER_QUEUE_URL', judgeDeadLetters),
  ];
}

const temporalIn = (environment: NodeJS.ProcessEnv): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      name.startsWith('TEMPORAL_') && value !== undefined ? [[name, value]] : [],
    ),
  );
