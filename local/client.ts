import { randomUUID } from 'node:crypto';

import { Webhook } from 'standardwebhooks';
import { Stripe } from 'stripe';

import type { SubscriptionRecord } from '../functions/shared/records.ts';
import { LOCAL_SECRETS } from './config.ts';
import type { ReceivedEmail } from './inbox.ts';
import { until } from './until.ts';

/** An answer of the API, whatever its status. */
export interface Answer<Body = unknown> {
  status: number;
  body: Body;
}

/** Where a test clock is to go. */
export type ClockRequest = { advance: string } | { to: string } | { toNext: true };

const stripe = new Stripe('sk_test_signs_only');

/** Speaks to a running stack as the world does: over HTTP only, with signatures. */
export class StackClient {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async call<Body = unknown>(
    method: string,
    path: string,
    body?: string | object,
    headers: Record<string, string> = {},
  ): Promise<Answer<Body>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: (isJson(response) ? JSON.parse(text) : text) as Body };
  }

  /** Posts an event with Stripe's signature. */
  postStripe(event: object | string, secret: string = LOCAL_SECRETS.stripe): Promise<Answer> {
    const payload = typeof event === 'string' ? event : JSON.stringify(event);
    const signature = stripe.webhooks.generateTestHeaderString({ payload, secret });
    return this.call('POST', '/webhooks/stripe', payload, { 'stripe-signature': signature });
  }

  /** Posts a CloudEvents message about a subscription with a signature of the Standard Webhooks scheme. */
  postEvent(
    type: string,
    subject: string,
    data: object,
    { time = new Date().toISOString(), id = randomUUID() } = {},
  ): Promise<Answer> {
    const payload = { specversion: '1.0', id, source: '/local', type, time, subject, data };
    const body = JSON.stringify(payload);
    const message = `msg_${randomUUID()}`;
    const now = new Date();
    return this.call('POST', '/webhooks/events', body, {
      'webhook-id': message,
      'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
      'webhook-signature': new Webhook(LOCAL_SECRETS.webhook).sign(message, now, body),
    });
  }

  async subscription(id: string): Promise<SubscriptionRecord | undefined> {
    const { status, body } = await this.call<SubscriptionRecord>('GET', `/api/subscriptions/${id}`);
    return status === 200 ? body : undefined;
  }

  /** The subscription, once it is as `isRight` wants it. */
  async settled(
    id: string,
    what: string,
    isRight: (subscription: SubscriptionRecord) => boolean = () => true,
  ): Promise<SubscriptionRecord> {
    return until(`${id}: ${what}`, async () => {
      const found = await this.subscription(id);
      return found && isRight(found) && found;
    });
  }

  async emails(id: string): Promise<ReceivedEmail[]> {
    return (await this.call<ReceivedEmail[]>('GET', `/api/emails?subscription=${id}`)).body;
  }

  /** Moves a subscription's clock and returns where it stands; throws when that is refused. */
  async clock(
    id: string,
    request: ClockRequest,
  ): Promise<{ now: string; nextAction: SubscriptionRecord['nextAction'] }> {
    const path = `/api/subscriptions/${id}/clock`;
    const { status, body } = await this.call<{ now: string; nextAction: null }>(
      'POST',
      path,
      request,
    );
    if (status !== 200) throw new Error(`the clock of ${id}: ${status} ${JSON.stringify(body)}`);
    return body;
  }
}

const isJson = (response: Response): boolean =>
  /[/+]json/.test(response.headers.get('content-type') ?? '');
