import { Stripe } from 'stripe';

import type { Happening } from './simulation.ts';

/** Signs events and posts them, one after the other, as Stripe does. */
export class Webhooks {
  readonly #url: string;
  readonly #secret: string;
  readonly #stripe = new Stripe('sk_test_simulated');
  readonly #sent = new Set<string>();
  #count = 0;

  constructor(url: string, secret: string) {
    this.#url = url;
    this.#secret = secret;
  }

  /** Whether an event is our own coming back. */
  isOwn(eventId: string): boolean {
    return this.#sent.has(eventId);
  }

  async send({ type, created, object }: Happening): Promise<void> {
    this.#count += 1;
    const id = `evt_sim_${process.pid}_${this.#count}`;
    this.#sent.add(id);
    const payload = JSON.stringify({
      id,
      object: 'event',
      type,
      created,
      api_version: '2026-09-30.endive',
      livemode: false,
      pending_webhooks: 1,
      request: { id: null, idempotency_key: null },
      data: { object },
    });
    const secret = this.#secret;
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'stripe-signature': this.#stripe.webhooks.generateTestHeaderString({ payload, secret }),
      },
      body: payload,
    });
    if (!response.ok) {
      throw new Error(
        `the webhook ${type} was answered ${response.status}: ${await response.text()}`,
      );
    }
  }
}
