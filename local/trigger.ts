// `npm run trigger -- <event> --subscription <id>`: posts a signed, Stripe-shaped event to the running stack.
import { parseArgs } from 'node:util';

import type { SubscriptionRecord } from '../functions/shared/records.ts';
import { StackClient } from './client.ts';
import { readConfig } from './config.ts';
import {
  stripeCard,
  stripeEvent,
  stripeInvoice,
  stripePayment,
  subscriptionEvent,
} from './stripe-events.ts';

const USAGE = `usage: npm run trigger -- <event> --subscription <id> [options]

events
  customer.subscription.created   a trial of 14 days, unless --status says otherwise
  customer.subscription.updated   --status, and --cancel-at-period-end or --cancel-at
  customer.subscription.deleted
  customer.subscription.paused
  customer.subscription.resumed
  invoice.paid
  invoice.payment_failed          --last when Stripe is not going to try again
  invoice.payment_action_required
  payment_intent.succeeded        --charge and --payment: what the customer was to confirm
  payment_intent.canceled         the same, when nothing came of it
  payment_method.attached         --customer, --payment-method and --expires
  payment_method.updated
  payment_method.automatically_updated
  customer.updated                --customer and --email

options
  --customer <id>          cus_<subscription> by default
  --email <address>
  --status <status>        trialing, active, past_due, …
  --trial-days <n>         14
  --amount <minor units>   1900
  --currency <code>        usd
  --interval <interval>    month
  --cancel-at-period-end
  --cancel-at <instant>
  --last
  --charge <key>           <subscription>:<invoice>:<attempt>
  --payment <id>           pi_<now> by default
  --payment-method <id>    pm_card_visa
  --expires <month>        2034-12`;

const DAY_MS = 86_400_000;
const RETRY_MS = 3 * DAY_MS;

/** What the subscription is after an event, unless it is said. */
const STATUS: Record<string, string> = {
  'customer.subscription.deleted': 'canceled',
  'customer.subscription.paused': 'paused',
  'customer.subscription.resumed': 'active',
};

const { values, positionals } = readArguments();

const [type] = positionals;
const { subscription: id } = values;
if (type === undefined || id === undefined) fail(USAGE);

const client = new StackClient(`http://127.0.0.1:${readConfig(process.env).PORT}`);
const event = await build(type, id);
const { status, body } = await client.postStripe(event).catch(() => {
  return fail(
    `Nothing answers at ${client.url}: is the stack running (npm start)? Set PORT if it is elsewhere.`,
  );
});
console.log(`${type} ${event.id} → ${status} ${JSON.stringify(body)}`);
if (status !== 200) process.exitCode = 1;

async function build(name: string, subscription: string) {
  const now = Date.now();
  const customer = values.customer ?? `cus_${subscription}`;
  if (name === 'customer.updated') {
    return stripeEvent(name, now, {
      id: customer,
      object: 'customer',
      email: values.email ?? null,
    });
  }
  const amount = whole('amount') ?? 1900;
  const currency = values.currency ?? 'usd';
  if (/^payment_method\.(attached|updated|automatically_updated)$/.test(name)) {
    const { expires = '2034-12', 'payment-method': method = 'pm_card_visa' } = values;
    if (!/^20\d\d-(0[1-9]|1[0-2])$/.test(expires)) fail(`--expires takes a month as 2027-08.`);
    return stripeEvent(name, now, stripeCard({ id: method, customer, expires }));
  }
  if (/^payment_intent\.(succeeded|canceled)$/.test(name)) {
    const key = values.charge ?? fail('--charge is needed: the key of the charge to be confirmed.');
    const isPaid = name === 'payment_intent.succeeded';
    const payment = { id: values.payment ?? `pi_${now}`, subscription, key, isPaid };
    return stripeEvent(name, now, stripePayment({ ...payment, amount, currency }));
  }
  if (/^invoice\.(paid|payment_failed|payment_action_required)$/.test(name)) {
    const isPaid = name === 'invoice.paid';
    const invoice = { id: `in_${now}`, subscription, customer, amount, currency, isPaid };
    const nextAttempt = values.last ? null : now + RETRY_MS;
    return stripeEvent(name, now, stripeInvoice({ ...invoice, ...(!isPaid && { nextAttempt }) }));
  }
  if (!/^customer\.subscription\.(created|updated|deleted|paused|resumed)$/.test(name)) {
    return fail(`There is no event "${name}".\n\n${USAGE}`);
  }
  const known = await client.subscription(subscription).catch(() => undefined);
  const { id: price = 'price_pro', interval = 'month' } = known?.plan ?? {};
  return subscriptionEvent(name as `customer.subscription.${string}`, {
    id: subscription,
    customer: values.customer ?? known?.customer ?? customer,
    created: now,
    price,
    status: values.status ?? STATUS[name] ?? 'trialing',
    amount: whole('amount') ?? known?.plan.price.amount ?? 1900,
    currency: values.currency ?? known?.plan.price.currency ?? 'usd',
    interval: (values.interval ?? interval) as 'month',
    cancelAtPeriodEnd: values['cancel-at-period-end'],
    ...(values['cancel-at'] !== undefined && { cancelAt: instant(values['cancel-at']) }),
    ...(values.email !== undefined && { email: values.email }),
    ...(name.endsWith('deleted') && { endedAt: now }),
    ...times(known, now),
  });
}

/** A known subscription keeps its trial and its period; a new one begins a trial now. */
function times(known: SubscriptionRecord | undefined, now: number) {
  const { currentPeriodStart, currentPeriodEnd, trialEnd } = known ?? {};
  if (!known) {
    const days = whole('trial-days') ?? 14;
    return values.status && values.status !== 'trialing'
      ? {}
      : { trialStart: now, trialEnd: now + days * DAY_MS };
  }
  return {
    ...(trialEnd && {
      trialEnd: Date.parse(trialEnd),
      trialStart: Date.parse(trialEnd) - 14 * DAY_MS,
    }),
    ...(currentPeriodStart && { periodStart: Date.parse(currentPeriodStart) }),
    ...(currentPeriodEnd && { periodEnd: Date.parse(currentPeriodEnd) }),
  };
}

/** A whole number that was given; ends the program when it is none. */
function whole(name: 'amount' | 'trial-days'): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : fail(`--${name} takes a whole number, not "${text}".`);
}

/** An instant that was given, in milliseconds; ends the program when it is none. */
function instant(text: string): number {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? fail(`--cancel-at takes an ISO-8601 instant, not "${text}".`) : ms;
}

function readArguments() {
  const text = { type: 'string' } as const;
  const options = {
    subscription: text,
    customer: text,
    email: text,
    status: text,
    'trial-days': text,
    amount: text,
    currency: text,
    interval: text,
    'cancel-at-period-end': { type: 'boolean', default: false },
    'cancel-at': text,
    last: { type: 'boolean', default: false },
    charge: text,
    payment: text,
    'payment-method': text,
    expires: text,
  } as const;
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  }
}

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
