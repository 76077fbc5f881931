import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import { describe, expect, it } from 'vitest';

import { startInbox } from '../../local/inbox.ts';
import { freePorts } from '../../local/ports.ts';
import {
  createMailTransport,
  isPermanent,
  wasRefused,
  type Message,
} from '../../worker/email/transport.ts';

const config = (smtpUrl: string) => ({
  from: 'Acme <billing@acme.example>',
  smtpUrl,
  product: 'Acme',
  manageUrl: 'https://acme.example',
});

const message: Message = {
  from: 'Acme <billing@acme.example>',
  to: { name: 'Ada, Countess', address: 'ada@example.com' },
  subject: 'Ünïcödé',
  html: '<p>Hello</p>',
  text: 'Hello',
  headers: { 'X-Perennial-Type': 'receipt', 'X-Perennial-At': '2026-11-20T10:00:00.000Z' },
  messageId: '<abc@perennial>',
};

/** An SMTP server that says these lines, one for each it hears, and then nothing more. */
async function smtp(...lines: string[]) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write(`${lines[0]}\r\n`);
    let next = 1;
    socket.on('data', () => {
      const line = lines[next++];
      if (line === 'HANG UP') socket.destroy();
      else if (line !== undefined) socket.write(`${line}\r\n`);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => server.close(),
  };
}

async function failureOf(url: string): Promise<unknown> {
  const transport = createMailTransport(config(url));
  try {
    await transport.send(message);
    throw new Error('it was sent');
  } catch (error) {
    return error;
  } finally {
    transport.close();
  }
}

describe('a message by SMTP', () => {
  it('arrives as it was', async () => {
    const inbox = await startInbox();
    const transport = createMailTransport(config(inbox.url));
    await transport.send(message);
    transport.close();
    expect(inbox.emails()).toMatchObject([
      {
        type: 'receipt',
        to: 'ada@example.com',
        subject: 'Ünïcödé',
        text: 'Hello\n',
        at: '2026-11-20T10:00:00.000Z',
      },
    ]);
    await inbox.close();
  });

  it('that nobody listens to has certainly not gone out', async () => {
    const [port] = await freePorts(1);
    const error = await failureOf(`smtp://127.0.0.1:${port}`);
    expect([wasRefused(error), isPermanent(error)]).toEqual([true, false]);
  });

  it.each([
    ['an unknown recipient', ['220 hi', '250 ok', '250 ok', '550 no such user'], true, true],
    ['a full mailbox for now', ['220 hi', '250 ok', '250 ok', '452 full'], true, false],
    ['a server that is busy', ['421 later'], true, false],
    [
      'a hang-up after the message',
      ['220 hi', '250 ok', '250 ok', '250 ok', '354 go', 'HANG UP'],
      false,
      false,
    ],
  ])('and %s', async (_, lines, refused, permanent) => {
    const server = await smtp(...lines);
    const error = await failureOf(server.url);
    server.close();
    expect([wasRefused(error), isPermanent(error)]).toEqual([refused, permanent]);
  });
});
