// `npm run trigger -- <event> --subscription <id>`: posts a signed, Stripe-shaped event to the running stack.
import { parseArgs } from 'node:util';

import { StackClient } from './client.ts';
import { readConfig } from './config.ts';
import { stripeEvent, stripeInvoice, subscriptionEvent } from './stripe-events.ts';

const USAGE = `usage: npm run trigger -- <event> --subscription <id> [options]

events
  customer.subscription.created   a trial of 14 days, unless --status says otherwise
  customer.subscription.updated   --status, and --cancel-at-period-end
  customer.subscription.deleted
  invoice.paid
  invoice.payment_failed
  customer.updated                --customer and --email

options
  --customer <id>          cus_<subscription> by default
  --email <address>
  --status <status>        trialing, active, past_due, …
  --trial-days <n>         14
  --amount <minor units>   1900
  --currency <code>        usd
  --interval <interval>    month
  --cancel-at-period-end`;

const DAY_MS = 86_400_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    subscription: { type: 'string' },
    customer: { type: 'string' },
    email: { type: 'string' },
    status: { type: 'string' },
    'trial-days': { type: 'string', default: '14' },
    amount: { type: 'string', default: '1900' },
    currency: { type: 'string', default: 'usd' },
    interval: { type: 'string', default: 'month' },
    'cancel-at-period-end': { type: 'boolean', default: false },
  },
});

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
  if (name === 'invoice.paid' || name === 'invoice.payment_failed') {
    const amount = Number(values.amount);
    const isPaid = name === 'invoice.paid';
    const invoice = {
      id: `in_${now}`,
      subscription,
      customer,
      amount,
      currency: values.currency,
      isPaid,
    };
    return stripeEvent(name, now, stripeInvoice(invoice));
  }
  if (!/^customer\.subscription\.(created|updated|deleted)$/.test(name)) return fail(USAGE);
  return subscriptionEvent(name as `customer.subscription.${string}`, {
    id: subscription,
    customer,
    created: now,
    status: values.status ?? (name.endsWith('deleted') ? 'canceled' : 'trialing'),
    amount: Number(values.amount),
    currency: values.currency,
    interval: values.interval as 'month',
    cancelAtPeriodEnd: values['cancel-at-period-end'],
    ...(values.email !== undefined && { email: values.email }),
    ...(name.endsWith('deleted') && { endedAt: now }),
    ...(await times(subscription, now)),
  });
}

/** A known subscription keeps its trial and its period; a new one begins a trial now. */
async function times(subscription: string, now: number) {
  const known = await client.subscription(subscription).catch(() => undefined);
  const { currentPeriodStart, currentPeriodEnd, trialEnd } = known ?? {};
  if (!known) {
    const days = Number(values['trial-days']);
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

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}
