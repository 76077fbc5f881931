import type { Stripe } from 'stripe';

import { askStripe } from './ask-stripe.ts';
import { ok, warn, type Finding } from './findings.ts';
import type { Mode } from './key.ts';

/** How many of each are looked at, the newest first. */
const LOOKED_AT = 100;

const CUSTOMER_EMAILS =
  'Settings → Business → Customer emails (dashboard.stripe.com/settings/emails)';
const BILLING_EMAILS =
  'Settings → Billing → Subscriptions and emails (dashboard.stripe.com/settings/billing/automatic)';

/**
 * Whether Stripe writes to customers as well. Its settings are not in its API, so this goes by what it has left behind, and
 * says how far that can be trusted.
 */
export async function findOwnEmails(stripe: Stripe, mode: Mode | undefined): Promise<Finding[]> {
  const found = [
    ...(await tried('receipts', () => receipts(stripe))),
    ...(await tried('invoices that were sent', () => sentInvoices(stripe))),
    ...(await tried('invoices to be sent', () => invoicesToSend(stripe))),
  ];
  const says =
    mode === 'test'
      ? 'nothing to see, as Stripe sends none in test mode: ask with a live key'
      : 'nothing to see, which does not prove much';
  const others = warn(
    "Stripe's reminders",
    'of trials, renewals, failed payments and expiring cards leave no trace in the API',
    `See that they are off: ${BILLING_EMAILS}.`,
  );
  return [...(found.length > 0 ? found : [ok("Stripe's own e-mails", says)]), others];
}

/** What the key may not read is left out, and said so. */
async function tried(what: string, look: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await look();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [warn(`Stripe's ${what}`, `could not be looked for: ${reason}`, 'Look for yourself.')];
  }
}

async function receipts(stripe: Stripe): Promise<Finding[]> {
  const { data } = await askStripe('charges', stripe.charges.list({ limit: LOOKED_AT }));
  const sent = data.filter(({ receipt_number: number }) => number !== null).length;
  const meant = data.filter(({ receipt_email: email }) => email !== null).length;
  if (sent > 0) {
    const says = `are sent, certainly: ${sent} of the last ${data.length} charges have the number of one`;
    return [
      warn("Stripe's receipts", says, `Switch off "Successful payments": ${CUSTOMER_EMAILS}.`),
    ];
  }
  if (meant === 0) return [];
  const says = `are sent, probably: ${meant} of the last ${data.length} charges name an address for one`;
  const advice = `Set no receipt_email where you charge, which counts whatever the settings say; and see ${CUSTOMER_EMAILS}.`;
  return [warn("Stripe's receipts", says, advice)];
}

async function sentInvoices(stripe: Stripe): Promise<Finding[]> {
  const events = stripe.events.list({ type: 'invoice.sent', limit: LOOKED_AT });
  const { data } = await askStripe('events', events);
  if (data.length === 0) return [];
  const says = `are sent, certainly: ${data.length}${data.length === LOOKED_AT ? ' or more' : ''} in the last 30 days`;
  const advice = `See "Manage invoices sent to customers": ${BILLING_EMAILS}.`;
  return [warn("Stripe's invoices", says, advice)];
}

async function invoicesToSend(stripe: Stripe): Promise<Finding[]> {
  const invoices = stripe.invoices.list({ collection_method: 'send_invoice', limit: LOOKED_AT });
  const { data } = await askStripe('invoices', invoices);
  if (data.length === 0) return [];
  const says = `are sent, probably: ${data.length}${data.length === LOOKED_AT ? ' or more' : ''} are collected by sending them (send_invoice)`;
  const advice = `Who pays by invoice needs them; otherwise set collection_method to charge_automatically. The setting: ${BILLING_EMAILS}.`;
  return [warn("Stripe's invoices", says, advice)];
}
