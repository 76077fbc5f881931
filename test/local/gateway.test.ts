import { request } from 'node:http';

import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { json } from '../../functions/shared/http.ts';
import { Gateway } from '../../local/gateway.ts';
import { freePorts } from '../../local/ports.ts';

const gateway = new Gateway();
let url: string;
let seen: APIGatewayProxyEventV2 | undefined;

beforeAll(async () => {
  const [port] = await freePorts(1);
  url = `http://127.0.0.1:${port}`;
  gateway.on('POST /webhooks/stripe', (event) => {
    seen = event;
    return Promise.resolve(json(200, { ok: true }));
  });
  gateway.on('GET /api/subscriptions/{id}', (event) => {
    seen = event;
    return Promise.resolve({
      statusCode: 200,
      body: Buffer.from('ÿ').toString('base64'),
      isBase64Encoded: true,
    });
  });
  for (const path of ['/unsubscribe/{token}', '/approve/{token}']) {
    gateway.on(`POST ${path}`, () => Promise.resolve(json(200, { ok: true })));
  }
  gateway.on('GET /broken', () => Promise.reject(new Error('it broke')));
  gateway.on('GET /slow', () => Promise.reject(new Error('task timed out after 3 seconds')));
  await gateway.listen(port!);
  gateway.isOpen = true;
});
afterAll(() => gateway.close());

describe("another site's page", () => {
  const call = (path: string, headers: Record<string, string>): Promise<number> =>
    new Promise((resolve, reject) => {
      request(`${url}${path}`, { headers, method: path.startsWith('/api') ? 'GET' : 'POST' })
        .on('response', (response) => resolve(response.resume().statusCode!))
        .on('error', reject)
        .end();
    });

  it('gets nothing, whether it posts to here or has a name for here', async () => {
    expect(await call('/api/subscriptions/a', { origin: 'https://evil.example' })).toBe(403);
    expect(await call('/api/subscriptions/a', { host: 'rebound.example' })).toBe(403);
    expect(await call('/api/subscriptions/a', {})).toBe(200);
    expect(await call('/api/subscriptions/a', { origin: url })).toBe(200);
  });

  it('is not meant where a signature is what counts, also through a tunnel', async () => {
    expect(await call('/webhooks/stripe', { host: 'acme.tunnel.example' })).toBe(200);
    expect(await call('/unsubscribe/a.b', {})).toBe(200);
    // A page that tells nobody where it is posts without saying from where.
    expect(await call('/unsubscribe/a.b', { origin: 'null' })).toBe(200);
    expect(await call('/approve/a.b', { origin: 'null' })).toBe(200);
  });
});

describe('a request', () => {
  it('becomes the event that API Gateway would send', async () => {
    await fetch(`${url}/webhooks/stripe?a=1&a=2&b=x%20y`, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', 'Stripe-Signature': 't=1' },
      body: '{"ü":1}',
    });
    expect(seen).toMatchObject({
      version: '2.0',
      routeKey: 'POST /webhooks/stripe',
      rawPath: '/webhooks/stripe',
      rawQueryString: 'a=1&a=2&b=x%20y',
      queryStringParameters: { a: '1,2', b: 'x y' },
      headers: { 'stripe-signature': 't=1' },
      body: '{"ü":1}',
      isBase64Encoded: false,
      requestContext: { http: { method: 'POST', path: '/webhooks/stripe' } },
    });
  });

  it('with a body that is not text carries it in base64', async () => {
    const body = Buffer.from([0, 255, 128]);
    await fetch(`${url}/webhooks/stripe`, {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
      body,
    });
    expect(seen).toMatchObject({ body: body.toString('base64'), isBase64Encoded: true });
  });

  it('with a parameter in its path finds its route, and its answer may be in base64', async () => {
    const response = await fetch(`${url}/api/subscriptions/sub_1`);
    expect(await response.text()).toBe('ÿ');
    expect(seen).toMatchObject({
      routeKey: 'GET /api/subscriptions/{id}',
      rawPath: '/api/subscriptions/sub_1',
    });
  });

  it.each([
    ['GET', '/nothing', 404],
    ['GET', '/api/subscriptions/a/b', 404],
    ['GET', '/webhooks/stripe', 405],
    ['GET', '/broken', 500],
    ['GET', '/slow', 503],
  ])('%s %s is answered %d as problem details', async (method, path, status) => {
    const response = await fetch(`${url}${path}`, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it('of more than 10 MiB is refused, however it is sent', async () => {
    const response = await fetch(`${url}/webhooks/stripe`, {
      method: 'POST',
      body: Buffer.alloc(10 * 2 ** 20 + 1),
    });
    expect(response.status).toBe(413);
  });
});
