import { createHash } from 'node:crypto';

import { log } from '@temporalio/activity';

import type { Email } from '../../workflows/domain/emails.ts';
import type { Sender } from '../config.ts';
import type { DecisionLink } from './decision-link.ts';
import type { Ledger } from './ledger.ts';
import { render, type Branding } from './render.ts';
import { streamOf, type Stream } from './streams.ts';
import type { Suppressions } from './suppressions.ts';
import { isPermanent, wasRefused, type Transport } from './transport.ts';
import type { UnsubscribeLink } from './unsubscribe-link.ts';

interface PostDependencies {
  transport: Transport;
  ledger: Ledger;
  suppressions: Suppressions;
  senders: Record<Stream, Sender>;
  unsubscribeLink: UnsubscribeLink;
  decisionLink: DecisionLink;
  branding: Branding;
}

/** Sends an e-mail unless the ledger says that it has gone out; throws when it has to be tried again. */
export type Post = (email: Email) => Promise<void>;

/**
 * Sends mail through a ledger: a row is written before the message is handed over and completed after. Only a crash in
 * between leaves it open whether it went out: the ledger calls it uncertain, and it is sent again unless it is promotional.
 */
export const createPost =
  (dependencies: PostDependencies): Post =>
  (email) =>
    sendOnce(dependencies, email);

async function sendOnce(dependencies: PostDependencies, email: Email): Promise<void> {
  const { ledger, suppressions, transport, senders, branding } = dependencies;
  const { unsubscribeLink, decisionLink } = dependencies;
  const { to, key, type } = email;
  const stream = streamOf(type);
  if (to.email === undefined) {
    await ledger.skip(email, 'no address is known');
    return;
  }
  const suppression = await suppressions.find(to.email);
  if (suppression !== undefined) {
    await ledger.skip(email, `suppressed: ${suppression.kind}`);
    log.info('e-mail skipped', { type, key, reason: suppression.kind });
    return;
  }
  const open = await ledger.open(email);
  if (open === 'done') return;
  if (open === 'uncertain' && stream === 'marketing') {
    log.warn('e-mail may not have gone out', { type, key });
    return;
  }
  if (open === 'uncertain') log.warn('e-mail may go out twice', { key });
  const unsubscribeUrl = stream === 'marketing' ? unsubscribeLink(email) : undefined;
  const links = unsubscribeUrl === undefined ? {} : { unsubscribeUrl };
  // A key, so it is in the message only, and neither in a history nor in the ledger.
  const actionUrl = decisionLink(email);
  const data = actionUrl === undefined ? email.data : { ...email.data, actionUrl };
  const { subject, html, text, locale } = await render({ ...email, data }, branding, links);
  try {
    const id = await transport.send({
      ...senders[stream],
      ...links,
      subject,
      html,
      text,
      // Never as text, which may be a list.
      to: { name: to.name ?? '', address: to.email },
      messageId: `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}@perennial>`,
      headers: headersOf(email, locale),
      tags: tagsOf(email),
    });
    await ledger.sent(email, id);
    log.info('e-mail sent', { type, key });
  } catch (error) {
    if (isPermanent(error)) {
      await ledger.refused(email, reasonOf(error));
      log.warn('e-mail refused', { type, key });
      return;
    }
    if (wasRefused(error)) await ledger.notSent(email);
    throw withoutAddress(error);
  }
}

const headersOf = (
  { key, type, subscription, at, testClock }: Email,
  locale: string,
): Record<string, string> => ({
  'Content-Language': locale,
  'X-Perennial-Type': type,
  'X-Perennial-Key': key,
  'X-Perennial-Subscription': subscription,
  'X-Perennial-At': at,
  ...(testClock && { 'X-Perennial-Test-Clock': testClock }),
});

/** By which a bounce or complaint finds its way back; ids may hold what a tag must not. */
const tagsOf = ({ type, subscription }: Email): Record<string, string> => ({
  'perennial-type': type,
  'perennial-subscription': Buffer.from(subscription).toString('base64url'),
});

/** Servers like to repeat the address, and what is thrown here goes into logs and histories. */
const withoutAddress = (error: unknown): Error =>
  new Error(`the mail service has not taken it: ${reasonOf(error)}`);

/** The kind of failure. */
function reasonOf(error: unknown): string {
  const { name, code, responseCode } = error as {
    name?: string;
    code?: string;
    responseCode?: number;
  };
  if (responseCode !== undefined) return `SMTP ${responseCode}`;
  return code === undefined || code === 'ESES' ? (name ?? 'unknown') : code;
}
