// `npm run docs`: writes docs/events.md, the messages that the queue takes, from the schemas that read them.
import { readFileSync, writeFileSync } from 'node:fs';

import * as z from 'zod';

import { CLOUD_EVENTS } from '../functions/shared/cloud-events.ts';
import { JOB_EVENTS } from '../functions/shared/job-events.ts';
import { STRIPE_EVENTS } from '../functions/shared/stripe-events.ts';
import { STRIPE_JOB_TYPES } from '../workflows/domain/job-routes.ts';
import { fieldsOf, type Schema } from './fields.ts';

/** Not for the world: what functions and dead letters say to subscriptions. */
const INTERNAL = ['subscription.command', 'customer.unsubscribed'];

const file = new URL('events.md', import.meta.url);

/** The page as it has to be. */
export function renderEvents(): string {
  const types = Object.entries(CLOUD_EVENTS).filter(([type]) => !INTERNAL.includes(type));
  const sections = types.map(sectionOf);
  const jobs = Object.entries(JOB_EVENTS).map(sectionOf);
  return `# Events

<!-- Written by \`npm run docs\` from the schemas in functions/shared; edit those. -->

## CloudEvents

\`POST /webhooks/events\` takes them signed, the queue \`lifecycle-events.fifo\` from any service of the same account. Every
message is a CloudEvents 1.0 object in JSON: \`specversion\` \`"1.0"\`, an \`id\` that is the same when the event is sent again,
a \`source\`, the \`type\`, the \`time\` at which it happened (ISO-8601 with an offset), the subscription's id as \`subject\`
(letters, digits, \`_\`, \`.\`, \`:\` and \`-\`, 100 at most), and the \`data\` below. Amounts are integers in the currency's minor
unit, currencies lower-case ISO 4217 codes. A message that cannot be read goes to the dead-letter queue with the reason.

${sections.join('\n\n')}

## Jobs

What runs beside the subscriptions comes by the same ways, in the same form; the \`subject\` is the id of the job, and the
same one is begun once.

${jobs.join('\n\n')}

## Stripe

\`POST /webhooks/stripe\` takes Stripe's own events, and the queue takes those of its EventBridge destination. These types
concern a subscription or its customer; others are acknowledged and counted:

${[...Object.keys(STRIPE_EVENTS), ...STRIPE_JOB_TYPES].map((type) => `- \`${type}\``).join('\n')}
`;
}

function sectionOf([type, schema]: [string, z.ZodType]): string {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const data = (json.properties as Record<string, Schema>)['data']!;
  return `### \`${type}\`\n\n${data.description ?? ''}\n\n${table(data)}`;
}

/** The policy has a page of its own. */
function table(data: Schema): string {
  const rows = fieldsOf(data, ['policy']).map(
    ({ path, isRequired, kind, usual, description }) =>
      `| \`${path}\`${isRequired ? '' : '?'} | ${kind}${usual === undefined ? '' : `, \`${JSON.stringify(usual)}\` unless given`} | ${description} |`,
  );
  return ['| field | | |', '|---|---|---|', ...rows].join('\n');
}

if (import.meta.main) {
  writeFileSync(file, renderEvents());
}

/** The page as it is. */
export const readEvents = (): string => readFileSync(file, 'utf8');
