import type { PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import { Hono } from 'hono';

import type { OutboundEvent } from '../worker/events/outbound-event.ts';
import { serve } from './serve.ts';

/** In EventBridge's place: takes what is put on the bus, and keeps it. */
export interface EventBus {
  url: string;
  /** What was put on it, oldest first. */
  readonly entries: readonly PutEventsRequestEntry[];
  /** As they came, with what came twice. */
  events(subscription?: string): OutboundEvent[];
  /** What it does instead of taking events: does not answer for, or refuses each of them. */
  failure: 'unavailable' | 'refused' | undefined;
  close(): Promise<void>;
}

const KEPT = 50_000;
const JSON_1_1 = { 'content-type': 'application/x-amz-json-1.1' };

export async function startEventBus(): Promise<EventBus> {
  const entries: PutEventsRequestEntry[] = [];
  const app = new Hono();
  app.post('/', async (context) => {
    const { Entries } = await context.req.json<{ Entries: PutEventsRequestEntry[] }>();
    if (context.req.header('x-amz-target') !== 'AWSEvents.PutEvents') {
      return context.json({ __type: 'UnknownOperationException' }, 400, JSON_1_1);
    }
    if (bus.failure === 'unavailable') {
      return context.json({ __type: 'InternalException' }, 500, JSON_1_1);
    }
    const isRefused = bus.failure === 'refused';
    if (!isRefused) {
      entries.push(...Entries);
      entries.splice(0, entries.length - KEPT);
    }
    const results = Entries.map((_, index) =>
      isRefused ? { ErrorCode: 'InternalFailure' } : { EventId: `${entries.length}-${index}` },
    );
    const FailedEntryCount = isRefused ? Entries.length : 0;
    return context.json({ FailedEntryCount, Entries: results }, 200, JSON_1_1);
  });
  const bus: EventBus = {
    ...(await serve(app)),
    failure: undefined,
    entries,
    events: (subscription) =>
      entries
        .map(({ Detail = '' }) => JSON.parse(Detail) as OutboundEvent)
        .filter(({ subject }) => subscription === undefined || subject === subscription),
  };
  return bus;
}
