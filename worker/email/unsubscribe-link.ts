import { createHmac } from 'node:crypto';

import type { Email } from '../../workflows/domain/emails.ts';
import type { LinkConfig } from '../config.ts';

/** The address by which the recipient of an e-mail gets no more of its kind. */
export type UnsubscribeLink = (email: Pick<Email, 'subscription' | 'to'>) => string;

/** A link is its own proof: signed, for ever, with nothing in it but ids. */
export const createUnsubscribeLink =
  ({ publicUrl, secret }: LinkConfig): UnsubscribeLink =>
  ({ subscription, to }) => {
    const said = JSON.stringify([subscription, to.id, 'marketing']);
    const payload = Buffer.from(said).toString('base64url');
    const hmac = createHmac('sha256', secret).update(`unsubscribe.${payload}`);
    return `${publicUrl}/unsubscribe/${payload}.${hmac.digest('base64url')}`;
  };
