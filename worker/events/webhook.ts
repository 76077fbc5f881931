import { Webhook } from 'standardwebhooks';

import type { WebhookConfig } from './config.ts';
import type { Listener } from './listener.ts';
import type { OutboundEvent } from './outbound-event.ts';
import { createSecrets } from './secrets.ts';

/** An HTTP address that takes events under the signature of Standard Webhooks. */
export function createWebhook({ name, url, types, secret }: WebhookConfig): Listener {
  const secrets = createSecrets(secret);
  return {
    name: `webhook:${name}`,
    wants: (type) => types === undefined || types.includes(type),
    async tell(event, signal) {
      const body = JSON.stringify(event);
      const headers = sign(event, body, await secrets());
      const response = await send(url, { method: 'POST', headers, body, signal });
      await response.body?.cancel();
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
    },
  };
}

/** While a secret is being replaced both sign, so that either verifies. */
function sign(
  { id }: OutboundEvent,
  body: string,
  secrets: readonly string[],
): Record<string, string> {
  const now = new Date();
  return {
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'user-agent': 'Perennial',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, now, body)).join(' '),
  };
}

/** A redirect is an answer like any other that is no yes: whoever gets events is named in the configuration. */
async function send(url: string, request: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...request, redirect: 'manual' });
  } catch (error) {
    // What fetch itself says of a failure is no more than that it failed.
    const { cause, name } = error as Error & { cause?: { code?: string } };
    throw new Error(`no answer: ${cause?.code ?? name}`, { cause: error });
  }
}
