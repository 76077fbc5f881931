import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { afterAll, beforeAll } from 'vitest';

import { createStripeApi } from '../../local/provider/api.ts';
import { createInspection, type Traces } from '../../local/provider/inspection.ts';
import { Store } from '../../local/provider/store.ts';

/** A simulated provider of the file's own, and what somebody who looks it over finds there. */
export function useProvider(): {
  store: Store;
  traces: Traces;
  requests: string[];
  readonly url: string;
} {
  const store = new Store();
  const traces: Traces = {};
  const requests: string[] = [];
  const app = new Hono();
  app.route('/', createInspection(store, traces, requests));
  app.route('/', createStripeApi(store, requests));
  const server = createAdaptorServer({ fetch: app.fetch });
  beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
  afterAll(() => void server.close());
  return {
    store,
    traces,
    requests,
    get url() {
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    },
  };
}
