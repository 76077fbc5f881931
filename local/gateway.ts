import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';

import { problem } from '../functions/shared/http.ts';

type Result = APIGatewayProxyStructuredResultV2;

/** Answers one route; the event is what API Gateway would hand to a function. */
export type RouteHandler = (event: APIGatewayProxyEventV2) => Promise<Result>;

const PORTS = 100;
/** API Gateway's limit. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
/** What proves itself by a signature, and may come through a tunnel. */
const SIGNED = /^\/(webhooks|approve|unsubscribe)\//;
const TEXT = /^(text\/|application\/(json|javascript|xml|x-www-form-urlencoded|[^;]+\+(json|xml)))/;

/** An HTTP API on the loopback interface that turns requests into API Gateway's events (payload 2.0). */
export class Gateway {
  readonly #server: Server;
  readonly #routes: { method: string; path: RegExp; template: string; handle: RouteHandler }[] = [];

  /** Whether requests are answered; they are told to come again (503) while it is not. */
  isOpen = false;

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        send(response, problem(500, `The gateway failed: ${String(error)}`));
      });
    });
  }

  /** `route` is a method and a path such as `GET /api/subscriptions/{id}`. */
  on(route: string, handle: RouteHandler): void {
    const [method, template] = route.split(' ') as [string, string];
    const path = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '([^/]+)')}$`);
    this.#routes.push({ method, path, template, handle });
  }

  /** Listens on the first port from `wanted` on that is free, which it returns. */
  async listen(wanted: number): Promise<number> {
    for (let port = wanted; port < wanted + PORTS; port++) {
      try {
        await once(this.#server.listen(port, '127.0.0.1'), 'listening');
        return port;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      }
    }
    throw new Error(`PORT: none from ${wanted} to ${wanted + PORTS - 1} is free: set another one.`);
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://gateway');
    const here = this.#routes.filter(({ path }) => path.test(pathname));
    const route = here.find(({ method }) => method === request.method);
    const body = await read(request);
    if (!SIGNED.test(pathname) && isForeign(request)) {
      return send(response, problem(403, 'This address is for this machine only.'));
    }
    if (!this.isOpen) return send(response, problem(503, 'The stack is starting, or stopping.'));
    if (here.length === 0) return send(response, problem(404, `There is no ${pathname} here.`));
    if (route === undefined) {
      const allowed = here.map(({ method }) => method).join(', ');
      return send(response, problem(405, `${pathname} takes ${allowed}.`));
    }
    if (body === undefined) return send(response, problem(413, 'The body is over 10 MiB.'));
    const event = toEvent(request, body, `${route.method} ${route.template}`);
    try {
      send(response, await route.handle(event));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      send(
        response,
        problem(/timed out/.test(reason) ? 503 : 500, `The function failed: ${reason}`),
      );
    }
  }
}

/** Whether another site's page sent it, by a form or by a name of its own for this address. */
function isForeign({ headers: { host = '', origin } }: IncomingMessage): boolean {
  const name = host.replace(/:\d+$/, '');
  return !LOOPBACK.has(name) || (origin !== undefined && origin !== `http://${host}`);
}

/** The body, or undefined when it is too large; it is read to its end either way, so that the answer arrives. */
async function read(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size <= MAX_BODY_BYTES) chunks.push(chunk);
  }
  return size <= MAX_BODY_BYTES ? Buffer.concat(chunks) : undefined;
}

function toEvent(request: IncomingMessage, body: Buffer, routeKey: string): APIGatewayProxyEventV2 {
  const url = new URL(request.url ?? '/', 'http://gateway');
  const isBase64Encoded = body.length > 0 && !TEXT.test(request.headers['content-type'] ?? '');
  const query = Object.fromEntries(
    [...new Set(url.searchParams.keys())].map((key) => [key, url.searchParams.getAll(key).join()]),
  );
  return {
    version: '2.0',
    routeKey,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers: Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, [value].flat().join()]),
    ),
    ...(url.search && { queryStringParameters: query }),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      stage: '$default',
      routeKey,
      domainName: request.headers.host ?? '',
      domainPrefix: 'local',
      requestId: randomUUID(),
      time: new Date().toUTCString(),
      timeEpoch: Date.now(),
      http: {
        method: request.method ?? 'GET',
        path: url.pathname,
        protocol: 'HTTP/1.1',
        sourceIp: request.socket.remoteAddress ?? '',
        userAgent: request.headers['user-agent'] ?? '',
      },
    },
    ...(body.length > 0 && { body: body.toString(isBase64Encoded ? 'base64' : 'utf8') }),
    isBase64Encoded,
  };
}

function send(
  response: ServerResponse,
  { statusCode, headers, body, isBase64Encoded }: Result,
): void {
  response.writeHead(statusCode ?? 200, headers as Record<string, string>);
  response.end(body === undefined ? '' : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8'));
}
