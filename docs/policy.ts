// `npm run docs`: writes docs/policy.md, the choices of a merchant, from the schema that reads them and from their defaults.
import { readFileSync, writeFileSync } from 'node:fs';

import * as z from 'zod';

import { policy } from '../functions/shared/fields.ts';
import { DEFAULTS } from '../workflows/domain/policy.ts';
import { fieldsOf } from './fields.ts';

const file = new URL('policy.md', import.meta.url);

/** What holds where no single value is the default. */
const OTHERWISE: Record<string, string> = {
  version: 'none',
  trialReminders: '[by the length of the trial](lifecycle.md#trials)',
  'quietHours.from': 'no quiet hours',
  'quietHours.to': 'no quiet hours',
  'quietHours.zone': '`"UTC"`',
  emails: 'all are sent',
};

/** The page as it has to be. */
export function renderPolicy(): string {
  const schema = z.toJSONSchema(policy, { io: 'input', unrepresentable: 'any' });
  const rows = fieldsOf(schema).map(
    ({ path, kind, description }) => `| \`${path}\` | ${kind} | ${usual(path)} | ${description} |`,
  );
  return `# Policy

<!-- Written by \`npm run docs\` from functions/shared/fields.ts and workflows/domain/policy.ts; edit docs/policy.ts. -->

What a merchant decides is one object: the variable \`LIFECYCLE_POLICY\` of the functions, as JSON, and the field \`policy\` of
[the messages that start or import a subscription](events.md), for that one alone. Everything in it may be left out.

\`\`\`json
{
  "version": "2027-01",
  "trialReminders": ["P5D", "P1D"],
  "dunning": { "retries": ["P1D", "P3D", "P7D"], "finalAction": "unpaid" },
  "quietHours": { "from": "22:00", "to": "08:00", "zone": "Europe/Berlin" },
  "emails": { "win_back": false }
}
\`\`\`

| field | | by default | |
| --- | --- | --- | --- |
${rows.join('\n')}

Durations are ISO 8601 of whole units (\`P7D\`, \`PT12H\`, \`P1M\`), ten in a list at most; an empty list means never. What each
choice leads to is in [the lifecycle](lifecycle.md). An unknown field or a wrong value is refused: by a function at its start, in
a message by the dead-letter queue, with its path.

Some choices are the provider's where Stripe bills: \`dunning.retries\` and \`dunning.finalAction\` (Stripe retries and ends by its
own settings; the retries only say until when reminders may go out), \`dunning.finalNotice\`, \`trialWithoutPaymentMethod\` and
\`repeatedTrial\`.

## Which choices a subscription has

- It **carries the ones that it began with**. A change of \`LIFECYCLE_POLICY\` is for subscriptions that begin, or are imported,
  afterwards; nobody's terms change in the middle of dunning. No request changes them. \`version\` is your own name for a set of
  choices: the API shows it as \`policyVersion\`, so it can be seen who has which.
- The policy of a message stands over that of the installation, **field by field at the first level**: a \`dunning\` of its own
  replaces the installation's as a whole, and what it does not name is as in the table.
- What neither of them names is the default of the version of Perennial that runs. Name what must never change.
- \`npm run import\` judges by \`LIFECYCLE_POLICY\` in its environment: give it the functions' own.

Try one on this machine: \`LIFECYCLE_POLICY='{"trialReminders":["P1D"]}' npm start\`.
`;
}

function usual(path: string): string {
  const value = path
    .split('.')
    .reduce<unknown>(
      (within, name) => (within as Record<string, unknown> | undefined)?.[name],
      DEFAULTS,
    );
  if (value !== undefined) return `\`${JSON.stringify(value)}\``;
  const words = OTHERWISE[path];
  if (words === undefined)
    throw new Error(`docs/policy.ts does not say what ${path} is by default`);
  return words;
}

if (import.meta.main) {
  writeFileSync(file, renderPolicy());
}

/** The page as it is. */
export const readPolicy = (): string => readFileSync(file, 'utf8');
