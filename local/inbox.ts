import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { callbackify } from 'node:util';

import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';

/** An e-mail as the inbox shows it; `at` is lifecycle time. */
export interface ReceivedEmail {
  type: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  locale: string;
  at: string;
  subscription: string;
  key: string;
  testClock: string | null;
  /** Where promotional mail can be stopped by one click. */
  unsubscribeUrl: string | null;
}

/** An SMTP server on the loopback interface that keeps what it gets. */
export interface Inbox {
  url: string;
  /** Oldest first by lifecycle time; what arrived earlier comes first at the same instant. */
  emails(subscription?: string): ReceivedEmail[];
  /** Keeps what arrives from now on, and answers only once `gate` resolves. */
  hold(gate: Promise<unknown>): void;
  /** Told of every message that has been accepted. */
  onAccepted: ((email: ReceivedEmail) => void) | undefined;
  close(): Promise<void>;
}

const KEPT = 50_000;

export async function startInbox(): Promise<Inbox> {
  const received: ReceivedEmail[] = [];
  let open: Promise<unknown> = Promise.resolve();
  const keep = async (message: Readable): Promise<void> => {
    const email = await read(await buffer(message));
    received.push(email);
    if (received.length > KEPT) received.shift();
    await open;
    inbox.onAccepted?.(email);
  };
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onData(stream, _session, done) {
      callbackify(keep)(stream, done);
    },
  });
  server.on('error', () => undefined);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const inbox: Inbox = {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    emails: (subscription) =>
      received
        .filter((email) => subscription === undefined || email.subscription === subscription)
        .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)),
    hold(gate) {
      open = gate;
    },
    onAccepted: undefined,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
  return inbox;
}

async function read(message: Buffer): Promise<ReceivedEmail> {
  const mail = await PostalMime.parse(message);
  const header = (name: string): string | undefined =>
    mail.headers.find(({ key }) => key === name.toLowerCase())?.value;
  return {
    type: header('X-Perennial-Type') ?? 'unknown',
    to: mail.to?.map(({ address }) => address).join(', ') ?? '',
    subject: mail.subject ?? '',
    text: mail.text ?? '',
    html: mail.html ?? '',
    locale: header('Content-Language') ?? '',
    at: header('X-Perennial-At') ?? new Date().toISOString(),
    subscription: header('X-Perennial-Subscription') ?? '',
    key: header('X-Perennial-Key') ?? '',
    testClock: header('X-Perennial-Test-Clock') ?? null,
    unsubscribeUrl: /^<([^>]+)>$/.exec(header('List-Unsubscribe') ?? '')?.[1] ?? null,
  };
}
