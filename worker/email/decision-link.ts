import type { Email } from '../../workflows/domain/emails.ts';
import type { LinkConfig } from '../config.ts';
import { signedLink } from './signed-link.ts';

/** The address by which the recipient of an e-mail decides what it asks; undefined when it asks nothing. */
export type DecisionLink = (
  email: Pick<Email, 'type' | 'subscription' | 'to' | 'data'>,
) => string | undefined;

/** It is good for as long as there is something to decide. */
export const createDecisionLink =
  (config: LinkConfig): DecisionLink =>
  ({ type, subscription, to, data: { expiresAt } }) =>
    (type === 'approval_requested' || type === 'approval_reminder') && expiresAt !== undefined
      ? signedLink(config, 'approve', [subscription, to.id, expiresAt])
      : undefined;
