import * as z from 'zod';

import type { InboundEvent } from '../../workflows/domain/inbound.ts';
import { beginsJob, type JobEvent } from '../../workflows/domain/job-routes.ts';
import { CLOUD_EVENTS } from './cloud-events.ts';
import { explain } from './explain.ts';
import { JOB_EVENTS } from './job-events.ts';
import { STRIPE_EVENTS } from './stripe-events.ts';
import { STRIPE_JOB_EVENTS } from './stripe-job-events.ts';

/** What a message of the queue turned out to be. */
export type Parsed =
  | { event: InboundEvent }
  | { job: JobEvent }
  /** In order, and not about us. */
  | { ignored: string }
  /** Nothing will ever be able to apply it. */
  | { unusable: string; type?: string };

/**
 * Reads a message: a Stripe event as the webhook queued it, one as Stripe's EventBridge destination sends it (under
 * `detail`), or a CloudEvents 1.0 message of any service.
 */
export function parseMessage(body: string): Parsed {
  let message: unknown;
  try {
    message = JSON.parse(body);
  } catch {
    return { unusable: 'the body is not JSON' };
  }
  if (!isObject(message)) return { unusable: 'the body is not a JSON object' };
  if ('detail-type' in message) {
    if (!isObject(message['detail']) || message['detail']['object'] !== 'event') {
      return { unusable: 'of EventBridge only Stripe events are taken' };
    }
    message = message['detail'];
  }
  const event = message as Record<string, unknown>;
  const type = typeof event['type'] === 'string' ? event['type'] : '';
  try {
    return event['object'] === 'event' ? readStripe(type, event) : readCloudEvent(type, event);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    return { unusable: `${type}: ${explain(error)}`, type };
  }
}

function readStripe(type: string, event: unknown): Parsed {
  if (beginsJob(type)) return { job: STRIPE_JOB_EVENTS[type](event) };
  if (!Object.hasOwn(STRIPE_EVENTS, type)) return { ignored: type };
  const read = STRIPE_EVENTS[type as keyof typeof STRIPE_EVENTS](event);
  return read === undefined ? { ignored: type } : { event: read };
}

function readCloudEvent(type: string, event: Record<string, unknown>): Parsed {
  const { specversion } = event;
  if (specversion === undefined)
    return { unusable: 'neither a Stripe event nor a CloudEvents message' };
  if (specversion !== '1.0') {
    return { unusable: `CloudEvents version ${JSON.stringify(specversion)} is not known`, type };
  }
  if (Object.hasOwn(CLOUD_EVENTS, type)) {
    return { event: CLOUD_EVENTS[type as keyof typeof CLOUD_EVENTS].parse(event) };
  }
  return Object.hasOwn(JOB_EVENTS, type)
    ? { job: JOB_EVENTS[type as keyof typeof JOB_EVENTS].parse(event) }
    : { unusable: `the type "${type}" is not known`, type };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
