import { createHash } from 'node:crypto';

import { log } from '@temporalio/activity';

import type { Email } from '../../workflows/domain/emails.ts';
import type { Ledger } from './ledger.ts';
import { render, type Branding } from './render.ts';
import { isPermanent, wasRefused, type Transport } from './transport.ts';

interface PostDependencies {
  transport: Transport;
  ledger: Ledger;
  from: string;
  branding: Branding;
}

/** Sends an e-mail unless the ledger says that it has gone out; throws when it has to be tried again. */
export type Post = (email: Email) => Promise<void>;

/**
 * Sends mail through a ledger: a row is written before the message is handed over and completed after. Only a crash in
 * between leaves it open whether it went out; it is then sent again and called uncertain in the ledger.
 */
export const createPost =
  (dependencies: PostDependencies): Post =>
  (email) =>
    sendOnce(dependencies, email);

async function sendOnce(dependencies: PostDependencies, email: Email): Promise<void> {
  const { ledger, transport, from, branding } = dependencies;
  const { to, key, type } = email;
  if (to.email === undefined) {
    await ledger.skip(email, 'no address is known');
    return;
  }
  const open = await ledger.open(email);
  if (open === 'done') return;
  if (open === 'uncertain') log.warn('e-mail may go out twice', { key });
  const { subject, html, text, locale } = await render(email, branding);
  try {
    const id = await transport.send({
      from,
      subject,
      html,
      text,
      // Never as text, which may be a list.
      to: { name: to.name ?? '', address: to.email },
      messageId: `<${createHash('sha256').update(key).digest('hex').slice(0, 32)}@perennial>`,
      headers: headersOf(email, locale),
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
