import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

import type { SecretSource } from '../../worker/events/config.ts';
import { createWebhook } from '../../worker/events/webhook.ts';
import { asActivity } from '../support/activity.ts';
import { anEvent } from '../support/outbound.ts';

const SECRETS = ['whsec_cGVyZW5uaWFsX29uZQ==', 'whsec_cGVyZW5uaWFsX3R3bw=='] as const;

interface Request {
  headers: IncomingHttpHeaders;
  body: string;
}

let server: Server;
let url: string;
let requests: Request[];
let answer: (response: ServerResponse) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    const take = async (): Promise<void> => {
      requests.push({ headers: request.headers, body: await text(request) });
      answer(response);
    };
    void take();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook?token=of-theirs`;
});
beforeEach(() => {
  requests = [];
  answer = (response) => response.writeHead(204).end();
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const event = anEvent('sub_1');
const tell = (
  secret: SecretSource = { list: [SECRETS[0]] },
  { to = url, signal = new AbortController().signal } = {},
): Promise<void> => createWebhook({ name: 'crm', url: to, secret }).tell(event, signal);

describe('a webhook', () => {
  it('is the event, signed so that the library of its receiver verifies it', async () => {
    await tell();
    const [{ headers, body }] = requests as [Request];
    expect(JSON.parse(body)).toEqual(event);
    expect(headers).toMatchObject({
      'content-type': 'application/cloudevents+json; charset=utf-8',
      'webhook-id': event.id,
    });
    const verify = (by: string) => new Webhook(by).verify(body, headers as Record<string, string>);
    expect(verify(SECRETS[0])).toEqual(event);
    expect(() => verify(SECRETS[1])).toThrow('No matching signature');
  });

  it('is verified by either secret while one replaces the other', async () => {
    await tell({ list: SECRETS });
    const [{ headers, body }] = requests as [Request];
    for (const secret of SECRETS) {
      expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toEqual(event);
    }
  });

  it.each([200, 201, 204])('that is answered %i is taken', async (status) => {
    answer = (response) => response.writeHead(status).end();
    await tell();
    expect(requests).toHaveLength(1);
  });

  it.each([301, 307, 308, 400, 404, 410, 429, 500, 503])(
    'that is answered %i is not',
    async (status) => {
      answer = (response) => response.writeHead(status, { location: url }).end('secret body');
      await expect(tell()).rejects.toThrow(new RegExp(`^HTTP ${status}$`));
      expect(requests).toHaveLength(1);
    },
  );

  it('is not waited for longer than told', async () => {
    const abort = new AbortController();
    answer = () => abort.abort();
    await expect(tell(undefined, { signal: abort.signal })).rejects.toThrow(
      'no answer: AbortError',
    );
  });

  it('that nobody answers says so, and not where', async () => {
    const failure = tell(undefined, { to: 'http://127.0.0.1:1/hook?token=of-theirs' });
    await expect(failure).rejects.toThrow(/^no answer: [A-Z]\w+$/);
  });

  it('that is cut off is not taken', async () => {
    answer = (response) => response.destroy();
    await expect(tell()).rejects.toThrow('no answer');
  });
});

describe('a secret of Secrets Manager', () => {
  const arn = 'arn:aws:secretsmanager:us-east-1:1:secret:crm';
  const withManager = async (found: string): Promise<void> => {
    const manager = createServer((request, response) => {
      request.resume().on('end', () => response.end(JSON.stringify({ SecretString: found })));
    });
    await once(manager.listen(0, '127.0.0.1'), 'listening');
    process.env['AWS_ENDPOINT_URL_SECRETS_MANAGER'] =
      `http://127.0.0.1:${(manager.address() as AddressInfo).port}`;
    process.env['AWS_REGION'] = 'us-east-1';
    process.env['AWS_ACCESS_KEY_ID'] = process.env['AWS_SECRET_ACCESS_KEY'] = 'local';
    try {
      await asActivity(() => tell({ arn }), undefined);
    } finally {
      manager.closeAllConnections();
      await new Promise((resolve) => manager.close(resolve));
    }
  };

  it('signs', async () => {
    await withManager(SECRETS.join());
    const [{ headers, body }] = requests as [Request];
    expect(new Webhook(SECRETS[1]).verify(body, headers as Record<string, string>)).toEqual(event);
  });

  it('that is none keeps events from going out, without being repeated', async () => {
    const failure = withManager('not-a-secret');
    await expect(failure).rejects.toThrow(`its secret ${arn} cannot be used: ZodError`);
    await expect(failure).rejects.toThrow(expect.not.stringContaining('not-a-secret') as never);
    expect(requests).toEqual([]);
  });
});
