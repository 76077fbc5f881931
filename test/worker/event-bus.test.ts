import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';

import { LOCAL_CREDENTIALS } from '../../local/config.ts';
import { startEventBus, type EventBus } from '../../local/event-bus.ts';
import { createEventBus } from '../../worker/events/event-bus.ts';
import type { Listener } from '../../worker/events/listener.ts';
import { anEvent } from '../support/outbound.ts';

const NEVER = new AbortController().signal;

let bus: EventBus;
let listener: Listener;
beforeAll(async () => {
  bus = await startEventBus();
  process.env['AWS_ENDPOINT_URL_EVENTBRIDGE'] = bus.url;
  process.env['AWS_REGION'] = 'us-east-1';
  process.env['AWS_ACCESS_KEY_ID'] = LOCAL_CREDENTIALS.accessKeyId;
  process.env['AWS_SECRET_ACCESS_KEY'] = LOCAL_CREDENTIALS.secretAccessKey;
  listener = createEventBus('perennial');
});
beforeEach(() => {
  bus.failure = undefined;
});
afterAll(() => bus.close());

it('an event is put on the bus as it is', async () => {
  const event = anEvent('sub_bus');
  await listener.tell(event, NEVER);
  await listener.tell(anEvent('sub_other'), NEVER);
  expect(bus.events('sub_bus')).toEqual([event]);
  expect(bus.events()).toHaveLength(2);
});

it('is found by its source, its type and its subscription', async () => {
  const event = anEvent('sub_found');
  await listener.tell(event, NEVER);
  expect(bus.entries.at(-1)).toMatchObject({
    EventBusName: 'perennial',
    Source: 'perennial',
    DetailType: 'perennial.subscription.renewed',
    Resources: ['sub_found'],
  });
});

it('an answer of 200 that counts a failure is a failure', async () => {
  bus.failure = 'refused';
  await expect(listener.tell(anEvent('sub_refused'), NEVER)).rejects.toThrow(
    'EventBridge has not taken it: InternalFailure',
  );
  expect(bus.events('sub_refused')).toEqual([]);
});

it('a bus that does not answer well has not taken the event', async () => {
  bus.failure = 'unavailable';
  await expect(listener.tell(anEvent('sub_away'), NEVER)).rejects.toMatchObject({
    name: 'InternalException',
  });
  bus.failure = undefined;
  await listener.tell(anEvent('sub_away'), NEVER);
  expect(bus.events('sub_away')).toHaveLength(1);
});

it('is not waited for longer than told', async () => {
  const answer = listener.tell(anEvent('sub_late'), AbortSignal.abort());
  await expect(answer).rejects.toMatchObject({ name: 'AbortError' });
});
