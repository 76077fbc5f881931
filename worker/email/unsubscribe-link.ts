import type { Email } from '../../workflows/domain/emails.ts';
import type { LinkConfig } from '../config.ts';
import { signedLink } from './signed-link.ts';

/** The address by which the recipient of an e-mail gets no more of its kind. */
export type UnsubscribeLink = (email: Pick<Email, 'subscription' | 'to'>) => string;

/** It is good for ever. */
export const createUnsubscribeLink =
  (config: LinkConfig): UnsubscribeLink =>
  ({ subscription, to }) =>
    signedLink(config, 'unsubscribe', [subscription, to.id, 'marketing']);
