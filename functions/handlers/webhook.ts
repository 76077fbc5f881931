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
import type { Secrets } from '../shared/secrets.ts';
import { verifyStandard, verifyStripe } from '../shared/signatures.ts';

const MAX_BODY_BYTES = 256 * 1024;

interface Dependencies {
  queue: Pick<Queue, 'send'>;
  stripeSecrets: Secrets;
  webhookSecrets: Secrets;
  now: () => number;
}

/** Takes signed webhooks: verifies who sent them, puts them into the queue, and only then says that they were received. */
export function createWebhookHandler({ queue, stripeSecrets, webhookSecrets, now }: Dependencies) {
  const accept = async (event: HttpEvent, body: Buffer): Promise<Envelope | Ignored> => {
    if (body.byteLength > MAX_BODY_BYTES) throw new HttpError(413, 'The body is over 256 KiB.');
    if (event.rawPath.endsWith('/stripe')) {
      const secrets = await known(stripeSecrets);
      verifyStripe(body, event.headers['stripe-signature'], secrets, now());
      return stripeEnvelope(body);
    }
    verifyStandard(body, event.headers, await known(webhookSecrets));
    return cloudEventEnvelope(body);
  };
  return async (event: HttpEvent): Promise<HttpResult> => {
    try {
      const accepted = await accept(event, bodyOf(event));
      if ('ignored' in accepted) count('EventIgnored', accepted.ignored);
      else await enqueue(queue, accepted);
      return json(200, { received: true });
    } catch (error) {
      if (!(error instanceof HttpError || error instanceof RangeError)) throw error;
      const { status, message } =
        error instanceof HttpError ? error : { status: 400, message: 'The body nests too deeply.' };
      logger.warn('webhook refused', { path: event.rawPath, status, reason: message });
      return problem(status, message);
    }
  };
}

async function known(secrets: Secrets): Promise<readonly string[]> {
  try {
    return await secrets();
  } catch (error) {
    logger.error('the secrets of the webhooks could not be read', error as Error);
    throw new HttpError(503, 'Signatures cannot be verified at the moment: send it again.');
  }
}

async function enqueue(queue: Dependencies['queue'], envelope: Envelope): Promise<void> {
  try {
    await queue.send(envelope);
  } catch (error) {
    logger.error('the queue did not take a webhook', error as Error);
    throw new HttpError(503, 'The queue does not take the event at the moment: send it again.');
  }
}
