import * as z from 'zod';

import type { Instant } from '../../../workflows/domain/time.ts';

/** What moves along with a subscription's clock, where there is something: a local stack's queue and simulated provider. */
export interface ClockHooks {
  /** Messages of these groups that wait in the queue or are being consumed. */
  queued(groups: readonly string[]): Promise<number>;
  /** When the provider next has something to say about it. */
  providerNext(subscription: string): Promise<Instant | undefined>;
  /** Lets the provider say everything that it has to say until `to`. */
  advanceProvider(subscription: string, to: Instant): Promise<void>;
}

const queueAnswer = z.object({ queued: z.int() });
const providerAnswer = z.object({ next: z.string().nullable() });

/** The hooks behind a base URL; without one nothing else moves, as in AWS. */
export function createHooks(baseUrl: string | undefined): ClockHooks {
  if (baseUrl === undefined) {
    return {
      queued: () => Promise.resolve(0),
      providerNext: () => Promise.resolve(undefined),
      advanceProvider: () => Promise.resolve(),
    };
  }
  const call = async (path: string, body?: object): Promise<unknown> => {
    const response = await fetch(new URL(path, baseUrl), {
      method: body ? 'POST' : 'GET',
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok)
      throw new Error(`${path} answered ${response.status}: ${await response.text()}`);
    return response.json();
  };
  return {
    async queued(groups) {
      const query = new URLSearchParams(groups.map((group): [string, string] => ['group', group]));
      return queueAnswer.parse(await call(`/queue?${query.toString()}`)).queued;
    },
    async providerNext(subscription) {
      return providerAnswer.parse(await call(`/provider/${subscription}`)).next ?? undefined;
    },
    async advanceProvider(subscription, to) {
      await call(`/provider/${subscription}/advance`, { to });
    },
  };
}
