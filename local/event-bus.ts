import { Hono } from 'hono';

import type { OutboundEvent } from '../worker/events/outbound-event.ts';
import { serve } from './serve.ts';

/** In EventBridge's place: takes what is put on the bus, and keeps it. */
export interface EventBus {
  url: string;
  /** As they came, with what came twice. */
  events(subscription?: string): OutboundEvent[];
  /** What it does instead of taking events: does not answer for, or refuses each of them. */
  failure: 'unavailable' | 'refused' | undefined;
  close(): Promise<void>;
}

const KEPT = 50_000;
const JSON_1_1 = { 'content-type': 'application/x-amz-json-1.1' };

export async function startEventBus(): Promise<EventBus> {
  const received: OutboundEvent[] = [];
  const app = new Hono();
  app.post('/', async (context) => {
    const { Entries } = await context.req.json<{ Entries: { Detail: string }[] }>();
    if (context.req.header('x-amz-target') !== 'AWSEvents.PutEvents') {
      return context.json({ __type: 'UnknownOperationException' }, 400, JSON_1_1);
    }
    if (bus.failure === 'unavailable') {
      return context.json({ __type: 'InternalException' }, 500, JSON_1_1);
    }
    const isRefused = bus.failure === 'refused';
    if (!isRefused) {
      received.push(...Entries.map(({ Detail }) => JSON.parse(Detail) as OutboundEvent));
      received.splice(0, received.length - KEPT);
    }
    const results = Entries.map((_, index) =>
      isRefused ? { ErrorCode: 'InternalFailure' } : { EventId: `${received.length}-${index}` },
    );
    const FailedEntryCount = isRefused ? Entries.length : 0;
    return context.json({ FailedEntryCount, Entries: results }, 200, JSON_1_1);
  });
  const bus: EventBus = {
    ...(await serve(app)),
    failure: undefined,
    events: (subscription) =>
      received.filter(({ subject }) => subscription === undefined || subject === subscription),
  };
  return bus;
}
