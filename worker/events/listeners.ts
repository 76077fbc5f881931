import type { EventsConfig } from '../config.ts';
import { createEventBus } from './event-bus.ts';
import type { Listener } from './listener.ts';
import { createWebhook } from './webhook.ts';

/** Everybody whom the configuration names. */
export const createListeners = ({ busName, webhooks }: EventsConfig): Listener[] => [
  ...(busName === undefined ? [] : [createEventBus(busName)]),
  ...webhooks.map(createWebhook),
];
