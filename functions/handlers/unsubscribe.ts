import { createHash } from 'node:crypto';

import { ownEnvelope } from '../shared/envelope.ts';
import { bodyOf, HttpError, type HttpEvent, type HttpResult } from '../shared/http.ts';
import { logger } from '../shared/observability.ts';
import { page } from '../shared/page.ts';
import type { Queue } from '../shared/queue.ts';
import type { Secrets } from '../shared/secrets.ts';
import { readToken, type Unsubscription } from '../shared/unsubscribe-token.ts';

interface Dependencies {
  queue: Pick<Queue, 'send'>;
  secrets: Secrets;
  now: () => number;
}

const SOURCE = '/perennial/unsubscribe';
/** A one-click request has some thirty bytes. */
const MAX_BODY_BYTES = 16 * 1024;
/** Within it the same link counts once, so that nobody can fill a history by clicking. */
const WINDOW_MS = 60_000;

const REFUSALS: Record<number, string> = {
  400: 'This link is not valid',
  413: 'This request is too large',
  503: 'Please try again in a moment',
};

/**
 * The way out of promotional mail, for people and for mail programs (RFC 8058): no login, no cookie, the link is the proof.
 * Only a POST unsubscribes, as programs that look for harmful links open every one of them.
 */
export function createUnsubscribe({ queue, secrets, now }: Dependencies) {
  const answer = async (event: HttpEvent): Promise<HttpResult> => {
    if (bodyOf(event).byteLength > MAX_BODY_BYTES) {
      throw new HttpError(413, 'It is over 16 KiB.');
    }
    const token = event.rawPath.slice(event.rawPath.lastIndexOf('/') + 1);
    const wanted = readToken(token, await known(secrets));
    if (wanted === undefined) {
      throw new HttpError(
        400,
        'It may have been cut off: please open it again from the e-mail, as a whole.',
      );
    }
    if (event.requestContext.http.method !== 'POST') return QUESTION;
    await enqueue(queue, wanted, token, now());
    return DONE;
  };
  return async (event: HttpEvent): Promise<HttpResult> => {
    try {
      return await answer(event);
    } catch (error) {
      if (!(error instanceof HttpError)) throw error;
      const { status, message } = error;
      // Never the path, which holds a key.
      logger.warn('unsubscribing refused', { status, reason: message });
      const headers: Record<string, string> = status === 503 ? { 'retry-after': '60' } : {};
      return page(status, { title: REFUSALS[status]!, paragraphs: [message] }, headers);
    }
  };
}

const QUESTION = page(200, {
  title: 'Unsubscribe from promotional e-mails?',
  paragraphs: [
    'You will get no more offers from us. E-mails that belong to a subscription, such as receipts, still come.',
  ],
  // What a mail program would send.
  forms: [{ label: 'Unsubscribe', name: 'List-Unsubscribe', value: 'One-Click' }],
});

const DONE = page(200, {
  title: 'You are unsubscribed',
  paragraphs: [
    'You will get no more offers from us. E-mails that belong to a subscription, such as receipts, still come.',
    'You may close this page.',
  ],
});

async function known(secrets: Secrets): Promise<readonly string[]> {
  try {
    return await secrets();
  } catch (error) {
    logger.error('the secrets of the links could not be read', error as Error);
    throw new HttpError(503, 'The link cannot be checked right now.');
  }
}

async function enqueue(
  queue: Dependencies['queue'],
  { subscription, customer }: Unsubscription,
  token: string,
  now: number,
): Promise<void> {
  const link = createHash('sha256').update(token).digest('hex').slice(0, 16);
  const envelope = ownEnvelope({
    id: `${link} ${Math.floor(now / WINDOW_MS)}`,
    source: SOURCE,
    type: 'customer.unsubscribed',
    time: new Date(now).toISOString(),
    subject: subscription,
    data: { customer },
  });
  try {
    await queue.send(envelope);
  } catch (error) {
    logger.error('the queue did not take an unsubscription', error as Error);
    throw new HttpError(503, 'Your wish cannot be recorded right now.');
  }
}
