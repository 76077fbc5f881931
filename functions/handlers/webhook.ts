import {
  cloudEventEnvelope,
  stripeEnvelope,
  type Envelope,
  type Ignored,
} from '../shared/envelope.ts';
import {
  bodyOf,
  HttpError,
  json,
  problem,
  type HttpEvent,
  type HttpResult,
} from '../shared/http.ts';
import { count, logger } from '../shared/observability.ts';
import type { Queue } from '../shared/queue.ts';
import { verifyStandard, verifyStripe } from '../shared/signatures.ts';

const MAX_BODY_BYTES = 256 * 1024;

interface Dependencies {
  queue: Pick<Queue, 'send'>;
  stripeSecrets: readonly string[];
  webhookSecrets: readonly string[];
  now: () => number;
}

/** Takes signed webhooks: verifies who sent them, puts them into the queue, and only then says that they were received. */
export function createWebhookHandler({ queue, stripeSecrets, webhookSecrets, now }: Dependencies) {
  const accept = (event: HttpEvent, body: Buffer): Envelope | Ignored => {
    if (body.byteLength > MAX_BODY_BYTES) throw new HttpError(413, 'The body is over 256 KiB.');
    if (event.rawPath.endsWith('/stripe')) {
      verifyStripe(body, event.headers['stripe-signature'], stripeSecrets, now());
      return stripeEnvelope(body);
    }
    verifyStandard(body, event.headers, webhookSecrets);
    return cloudEventEnvelope(body);
  };
  return async (event: HttpEvent): Promise<HttpResult> => {
    try {
      const accepted = accept(event, bodyOf(event));
      if ('ignored' in accepted) count('EventIgnored', accepted.ignored);
      else await enqueue(queue, accepted);
      return json(200, { received: true });
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const { status, message } = error;
      logger.warn('webhook refused', { path: event.rawPath, status, reason: message });
      return problem(status, message);
    }
  };
}

async function enqueue(queue: Dependencies['queue'], envelope: Envelope): Promise<void> {
  try {
    await queue.send(envelope);
  } catch (error) {
    logger.error('the queue did not take a webhook', error as Error);
    throw new HttpError(503, 'The queue does not take the event at the moment: send it again.');
  }
}
