import { Stripe } from 'stripe';

import { STRIPE_EVENTS } from '../../functions/shared/stripe-events.ts';
import { askStripe } from './ask-stripe.ts';
import { error, ok, warn, type Finding } from './findings.ts';

const WHAT = 'webhook endpoint';
const PATH = '/webhooks/stripe';

/** Whether Stripe tells us what we act on, in a form that was tested. */
export async function judgeEndpoint(
  stripe: Stripe,
  publicUrl: string | undefined,
): Promise<Finding[]> {
  const listed = stripe.webhookEndpoints.list({ limit: 100 });
  const { data } = await askStripe('webhook endpoints', listed);
  const wanted = publicUrl === undefined ? undefined : `${publicUrl.replace(/\/+$/, '')}${PATH}`;
  const endpoints = data.filter(({ url }) => (wanted ? url === wanted : url.endsWith(PATH)));
  if (endpoints.length === 0) {
    const says = `there is none for ${wanted ?? `…${PATH}`}`;
    const advice =
      'Add it: Developers → Webhooks. If events come by EventBridge instead, nothing is missing.';
    return [warn(WHAT, says, advice)];
  }
  return endpoints.flatMap(judgeOne);
}

function judgeOne(endpoint: Stripe.WebhookEndpoint): Finding[] {
  const { url, status, enabled_events: enabled, api_version: version } = endpoint;
  const what = `${WHAT} ${url}`;
  const findings: Finding[] = [];
  if (status !== 'enabled') {
    findings.push(error(what, `is ${status}`, 'Enable it: Developers → Webhooks.'));
  }
  const missing = Object.keys(STRIPE_EVENTS).filter(
    (type) => !enabled.includes('*') && !enabled.includes(type),
  );
  if (missing.length > 0) {
    const advice = 'Add them to the endpoint: Developers → Webhooks.';
    findings.push(error(what, `does not send ${missing.join(', ')}`, advice));
  }
  findings.push(...judgeVersion(what, version));
  return findings.length > 0
    ? findings
    : [ok(what, `sends all that is acted on, in API version ${version}`)];
}

function judgeVersion(what: string, version: string | null): Finding[] {
  if (version === null) {
    const says =
      "sends events in the account's default API version, which may be changed elsewhere";
    return [warn(what, says, 'Pin a version when you make the endpoint.')];
  }
  if (version <= Stripe.API_VERSION) return [];
  const says = `sends events in API version ${version}, and ${Stripe.API_VERSION} is the newest that was tested`;
  return [warn(what, says, 'Events that cannot be read go to the dead-letter queue: watch it.')];
}
