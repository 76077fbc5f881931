import { once } from 'node:events';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import PostalMime from 'postal-mime';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { startInbox } from '../../local/inbox.ts';
import { freePorts } from '../../local/ports.ts';
import {
  createMailTransport,
  isPermanent,
  wasRefused,
  type Message,
} from '../../worker/email/transport.ts';

const config = (smtpUrl?: string) => ({ smtpUrl });

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

const LINK = `https://acme.example/unsubscribe/${'a'.repeat(300)}.${'b'.repeat(43)}`;

/** SES's API as far as sending goes; returns what it was asked for. */
async function sendBySes(what: Message) {
  const asked: Record<string, unknown>[] = [];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    asked.push((await json(request)) as Record<string, unknown>);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ MessageId: '0100-abc' }));
  };
  const server = createHttpServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  vi.stubEnv(
    'AWS_ENDPOINT_URL_SESV2',
    `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  );
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const transport = createMailTransport(config());
  const id = await transport.send(what);
  transport.close();
  server.close();
  const { Content, ...parameters } = asked[0] as { Content: { Raw: { Data: string } } };
  return { id, parameters, raw: Buffer.from(Content.Raw.Data, 'base64').toString() };
}

describe('a message by SES', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('carries its stream and its tags beside the bytes', async () => {
    const tags = { 'perennial-type': 'receipt', 'perennial-subscription': 'c3ViXzE' };
    const { id, parameters } = await sendBySes({ ...message, configurationSet: 'billing', tags });
    expect(id).toContain('0100-abc');
    expect(parameters).toMatchObject({
      ConfigurationSetName: 'billing',
      EmailTags: [
        { Name: 'perennial-type', Value: 'receipt' },
        { Name: 'perennial-subscription', Value: 'c3ViXzE' },
      ],
    });
  });

  it('that can be stopped has the two headers of RFC 8058, each once and whole', async () => {
    const { raw, parameters } = await sendBySes({ ...message, unsubscribeUrl: LINK });
    expect(parameters).not.toHaveProperty('ConfigurationSetName');
    const [head = ''] = raw.split('\r\n\r\n');
    expect(head.match(/^List-Unsubscribe:/gim)).toHaveLength(1);
    expect(head.match(/^List-Unsubscribe-Post:/gim)).toHaveLength(1);
    for (const line of head.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
    const { headers } = await PostalMime.parse(raw);
    const header = (name: string) => headers.find(({ key }) => key === name)?.value;
    expect(header('list-unsubscribe')).toBe(`<${LINK}>`);
    expect(header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
    expect(header('x-perennial-type')).toBe('receipt');
  });

  it('that cannot be stopped has neither of them', async () => {
    const { raw } = await sendBySes(message);
    expect(raw).not.toMatch(/list-/i);
  });
});

describe('the inbox', () => {
  it('shows where mail can be stopped', async () => {
    const inbox = await startInbox();
    const transport = createMailTransport(config(inbox.url));
    await transport.send({ ...message, unsubscribeUrl: LINK });
    await transport.send(message);
    transport.close();
    expect(inbox.emails().map(({ unsubscribeUrl }) => unsubscribeUrl)).toEqual([LINK, null]);
    await inbox.close();
  });
});
