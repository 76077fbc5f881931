import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';

import { readSecretSource } from '../../functions/shared/config.ts';
import { createSecrets } from '../../functions/shared/secrets.ts';

/** Secrets Manager, as far as reading goes. */
const stored = new Map<string, string>();
let server: Server;

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { SecretId } = JSON.parse(await text(request)) as { SecretId: string };
  const SecretString = stored.get(SecretId);
  const isKnown = SecretString !== undefined;
  const body = isKnown ? { ARN: SecretId, SecretString } : { __type: 'ResourceNotFoundException' };
  response.writeHead(isKnown ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(JSON.stringify(body));
}

beforeAll(async () => {
  server = createServer((request, response) => void answer(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  vi.stubEnv('AWS_ENDPOINT_URL_SECRETS_MANAGER', `http://127.0.0.1:${port}`);
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
});
afterEach(() => void vi.useRealTimers());
afterAll(() => {
  vi.unstubAllEnvs();
  server.close();
});

const arn = (name: string): string =>
  `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`;

describe('secrets', () => {
  it('stand in the environment', async () => {
    vi.stubEnv('WEBHOOK_SECRET', 'whsec_new, whsec_old');
    const secrets = createSecrets(readSecretSource('WEBHOOK_SECRET'));
    expect(await secrets()).toEqual(['whsec_new', 'whsec_old']);
  });

  it.each([undefined, '', 'whsec_new,,'])('that are %j are refused by name', (value) => {
    vi.stubEnv('WEBHOOK_SECRET', value);
    expect(() => readSecretSource('WEBHOOK_SECRET')).toThrow(/WEBHOOK_SECRET/);
  });

  it('come from Secrets Manager, and a rotation is known after five minutes', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.stubEnv('WEBHOOK_SECRET_ARN', arn('rotated'));
    stored.set(arn('rotated'), 'whsec_old');
    const secrets = createSecrets(readSecretSource('WEBHOOK_SECRET'));
    expect(await secrets()).toEqual(['whsec_old']);
    stored.set(arn('rotated'), 'whsec_new,whsec_old');
    expect(await secrets()).toEqual(['whsec_old']);
    vi.setSystemTime(Date.now() + 301_000);
    expect(await secrets()).toEqual(['whsec_new', 'whsec_old']);
  });

  it('that were known serve on when they cannot be read again', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    stored.set(arn('gone'), 'whsec_known');
    const secrets = createSecrets({ arn: arn('gone') });
    expect(await secrets()).toEqual(['whsec_known']);
    stored.delete(arn('gone'));
    vi.setSystemTime(Date.now() + 301_000);
    expect(await secrets()).toEqual(['whsec_known']);
  });

  it('that never could be read are an error', async () => {
    await expect(createSecrets({ arn: arn('never') })()).rejects.toThrow(/never/);
  });
});
