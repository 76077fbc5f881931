// `npm run docs`: writes docs/emails.md, what every e-mail is and how to make it one's own, from the code that sends it.
import { readFileSync, writeFileSync } from 'node:fs';

import * as z from 'zod';

import { BRANDING } from '../worker/email/branding.ts';
import { CATALOGUES } from '../worker/email/catalogue.ts';
import { LAYOUT_VALUES } from '../worker/email/layouts.ts';
import { VALUES } from '../worker/email/values.ts';
import { EMAIL_RULES, EMAIL_TYPES, type EmailType } from '../workflows/domain/email-types.ts';
import { DEFAULTS } from '../workflows/domain/policy.ts';
import { parseDuration } from '../workflows/domain/time.ts';

const file = new URL('emails.md', import.meta.url);

const days = (duration: string): string => String(parseDuration(duration).ms / 86_400_000);
const list = (durations: readonly string[]): string => durations.map(days).join(' and ');

const { dunning, renewalReminder, cardExpiryReminder, winBack } = DEFAULTS;

/** When each goes out, unless the policy says otherwise. */
const WHEN: Record<EmailType, string> = {
  welcome: 'a trial or a subscription begins',
  trial_ending: 'before a trial ends: 7 and 3 days before, later and fewer for short trials',
  trial_expired: 'a trial ends and there is nothing to charge',
  converted: 'the first payment after a trial goes through',
  receipt: 'any other payment goes through',
  renewal_reminder: `${days(renewalReminder)} days before a renewal, if a period is six months or longer`,
  card_expiring: `${days(cardExpiryReminder)} days before the end of the card's last month`,
  payment_failed: `a payment fails, and again ${list(dunning.reminders)} days after that`,
  payment_action_required: 'the bank wants the customer to confirm a payment',
  final_notice: `${days(dunning.finalNotice)} days before a payment is tried for the last time`,
  recovered: 'an overdue payment goes through',
  cancellation_scheduled: 'a cancellation is asked for that takes effect later',
  cancellation_reversed: 'that is undone',
  cancelled: 'the subscription has ended',
  access_revoked: `access ends for want of payment, ${days(dunning.grace)} days after the first failure`,
  paused: 'a pause begins',
  resumed: 'a pause ends',
  plan_changed: 'the plan has changed, or is going to',
  win_back: `${list(winBack)} days after the end, to those who agreed to promotional e-mail`,
  order_confirmed: 'an order has been paid for and is on its way',
  order_failed: 'an order could not be completed; what was charged has been refunded',
  approval_requested: 'somebody has to decide, to the one who decides',
  approval_reminder: 'the time to decide is about to run out',
  approval_decided: 'a decision has been made, or nobody made one in time',
  announcement: 'you announce something to those who agreed to promotional e-mail',
};

const QUIET = {
  ignored: 'does not wait',
  after: 'waits until they are over',
  before: 'goes out before they begin',
} as const;

/** The page as it has to be. */
export function renderEmails(): string {
  const rows = EMAIL_TYPES.map((type) => {
    const { stream, quiet } = EMAIL_RULES[type];
    return `| [\`${type}\`](#${type}) | ${WHEN[type]} | ${stream} | ${QUIET[quiet]} |`;
  });
  const pictures = EMAIL_TYPES.map(
    (type) => `### ${type}\n\n![the e-mail ${type}](pictures/${type}.png)`,
  );
  const languages = Object.keys(CATALOGUES).map((locale) => `\`${locale}\``);
  return `# E-mails

<!-- Written by \`npm run docs\` from the code that sends them; edit docs/emails.ts. -->

Every e-mail is HTML and text, in the customer's language as far as we speak it (${languages.join(', ')}), else in English.
Dates and money are written as in the customer's locale (\`de-AT\` is German with Austrian dates), dates in the customer's time
zone, or in UTC where that is not known.

| e-mail | goes out when | stream | in quiet hours |
| --- | --- | --- | --- |
${rows.join('\n')}

Transactional e-mail belongs to the contract. Marketing e-mail is sent only to those who agreed to it and carries a link that
ends it. [Pictures](#pictures) of all of them are below.

\`npm run emails\` writes each of them in every language to \`dist/emails\`, as HTML and text with a page that shows them all;
\`--templates <folder>\` shows yours, \`--out <folder>\` writes elsewhere.

## Your own

The worker's variable \`EMAIL_TEMPLATES\` names a folder. What is in it stands over ours, and what is not is ours:

| file | |
| --- | --- |
| \`branding.json\` | your name, logo, colour and address |
| \`catalogue/<language>.json\` | any of the texts; a language that we do not speak may be there as well |
| \`layout.html.liquid\`, \`layout.text.liquid\` | what is around the texts |
| \`partials/\` | pieces of layouts, for \`{% render 'partials/header.liquid' %}\` |

The worker checks all of it at its start, and ends with a list of what is wrong, each with its file and place.

### Branding

\`\`\`json
{
  "product": "Acme",
  "logoUrl": "https://acme.example/logo.png",
  "colour": "#0b57d0",
  "address": ["Acme Ltd", "1 Example Street, London"],
  "supportEmail": "help@acme.example"
}
\`\`\`

| field | |
| --- | --- |
${brandingRows().join('\n')}

### Texts

A catalogue has the texts by type of e-mail: \`subject\`, \`heading\`, \`paragraphs\`, \`action\` (the button) and \`manage\` (the
link to the subscription). \`frame\` has what is the same in all of them, and \`period\` says how often is paid. Write only those
that are to be other than [ours](../worker/email/catalogue/en.json); a list of paragraphs is replaced as a whole. A text is
looked for in the customer's locale (\`pt-BR.json\`), then in the language (\`pt.json\`), then in English.

\`\`\`json
{
  "payment_failed": {
    "subject": "We could not charge your card",
    "paragraphs": [
      "We could not collect {amount, select, none {the payment} other {{amount}}} for {plan}.",
      "{retryAt, select, none {} other {We will try again on {retryAt}.}}"
    ]
  }
}
\`\`\`

Texts are [ICU messages](https://unicode-org.github.io/icu/userguide/format_parse/messages/). A value that may not be known is
\`none\` then, and is mentioned inside a \`select\` that says what to say without it; a paragraph that comes out empty is left
out. An apostrophe right before a brace is taken for a quotation mark: write \`’\`. Values are formatted already:

| value | | |
| --- | --- | --- |
${Object.entries(VALUES)
  .map(
    ([name, value]) =>
      `| \`${name}\` | ${value.means} | ${'optional' in value ? 'may be `none`' : ''} |`,
  )
  .join('\n')}

\`period\` itself has \`count\` and \`interval\` (\`day\`, \`week\`, \`month\`, \`quarter\`, \`year\`).

### Layouts

[Liquid](https://liquidjs.com) templates; begin with [ours](../worker/email/layout.html.liquid). A layout has to use
\`paragraphs\`, \`action\`, \`actionUrl\`, \`manageUrl\` and \`unsubscribeUrl\`, or an e-mail would lack something. In HTML all
values are escaped.

| value | |
| --- | --- |
${Object.entries(LAYOUT_VALUES)
  .map(([name, means]) => `| \`${name}\` | ${means} |`)
  .join('\n')}

## Pictures

Taken by \`npm run emails:pictures\`.

${pictures.join('\n\n')}
`;
}

function brandingRows(): string[] {
  const { properties = {} } = z.toJSONSchema(BRANDING, { io: 'input' });
  return Object.entries(properties).map(
    ([name, field]) => `| \`${name}\`? | ${(field as { description?: string }).description} |`,
  );
}

if (import.meta.main) {
  writeFileSync(file, renderEmails());
}

/** The page as it is. */
export const readEmails = (): string => readFileSync(file, 'utf8');
