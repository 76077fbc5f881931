import { createHash } from 'node:crypto';

import type { LifecycleCloudEvent } from '../../workflows/domain/inbound.ts';
import { beginsJob } from '../../workflows/domain/job-routes.ts';
import { isRouted } from '../../workflows/domain/routes.ts';
import { subscriptionOf } from '../../workflows/domain/stripe.ts';
import { HttpError } from './http.ts';

/** A message for the queue. Messages of one group are delivered in order, those of one deduplication id once in five minutes. */
export interface Envelope {
  body: string;
  group: string;
  deduplication: string;
}

/** Subscription ids become workflow ids and message groups: short, printable, and no place for an e-mail address. */
export const SUBSCRIPTION_ID = /^[A-Za-z0-9_.:-]{1,100}$/;

/** An event whose type does not concern us. */
export interface Ignored {
  ignored: string;
}

/** The envelope of a verified Stripe event. Throws an {@link HttpError} 400. */
export function stripeEnvelope(body: Buffer): Envelope | Ignored {
  const event = parse(body);
  if (event['object'] === 'v2.core.event') {
    throw new HttpError(400, 'Thin events are not taken: let Stripe send snapshot payloads.');
  }
  const { id, type } = event;
  if (event['object'] !== 'event' || !isText(id) || !isText(type)) {
    throw new HttpError(400, 'The body is not a Stripe event.');
  }
  if ((!isRouted(type) && !beginsJob(type)) || isForeignPayment(event)) return { ignored: type };
  return { body: encode(event), group: groupOf(event) ?? id, deduplication: hash(id) };
}

/** The envelope of a verified CloudEvents message, whatever its type. Throws an {@link HttpError} 400. */
export function cloudEventEnvelope(body: Buffer): Envelope {
  const event = parse(body);
  const { id, source, type, subject } = event;
  if (!isText(id) || !isText(source) || !isText(type)) {
    throw new HttpError(
      400,
      'The body is not a CloudEvents 1.0 message: id, source or type is missing.',
    );
  }
  const foreign = NOT_CLOUD_EVENTS.find((name) => name in event);
  if (foreign !== undefined) {
    throw new HttpError(
      400,
      `A CloudEvents message has no ${foreign}: the name is of another kind.`,
    );
  }
  if (RESERVED_TYPES.includes(type)) {
    throw new HttpError(400, `The type ${type} is not for the world to send.`);
  }
  if (!isText(subject) || !SUBSCRIPTION_ID.test(subject)) {
    throw new HttpError(400, 'The subject has to be the id of a subscription.');
  }
  return { body: encode(event), group: subject, deduplication: hash(`${source} ${id}`) };
}

/** The envelope of a message that we send ourselves, with only checked contents. */
export const ownEnvelope = (event: LifecycleCloudEvent): Envelope => ({
  body: encode({ specversion: '1.0', ...event }),
  group: event.subject,
  deduplication: hash(`${event.source} ${event.id}`),
});

/** What makes a message one of Stripe's, or EventBridge's, to whoever reads the queue: their senders prove themselves elsewhere. */
const NOT_CLOUD_EVENTS = ['object', 'detail', 'detail-type'];
/** Ours: a command as it is, without the checks of a type of its own, and what only a link of ours may say. */
const RESERVED_TYPES = ['subscription.command', 'customer.unsubscribed'];

type Json = Record<string, unknown>;

function parse(body: Buffer): Json {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch {
    throw new HttpError(400, 'The body is not JSON.');
  }
  if (!isObject(value)) throw new HttpError(400, 'The body is not a JSON object.');
  return value;
}

/** The subscription that a Stripe event is about, or else the customer. */
function groupOf(event: Json): string | undefined {
  const object = objectOf(event);
  const id = isText(object['id']) ? object['id'] : undefined;
  const customer = isText(object['customer']) ? object['customer'] : undefined;
  switch (object['object']) {
    case 'subscription':
    case 'customer':
      return id;
    case 'invoice':
      return subscriptionOf(object) ?? customer;
    case 'payment_intent':
      return payerOf(object) ?? customer;
    case 'payment_method':
      return customer;
    default:
      return undefined;
  }
}

const objectOf = ({ data }: Json): Json =>
  isObject(data) && isObject(data['object']) ? data['object'] : {};

/** The subscription that a payment of ours is for. */
function payerOf({ metadata }: Json): string | undefined {
  const payer = isObject(metadata) ? metadata['subscription'] : undefined;
  return isText(payer) && SUBSCRIPTION_ID.test(payer) ? payer : undefined;
}

/** Every payment of the account is told of; the queue is for ours. */
function isForeignPayment(event: Json): boolean {
  const object = objectOf(event);
  return object['object'] === 'payment_intent' && payerOf(object) === undefined;
}

/** JSON that every queue takes: what lies beyond the basic plane, or is no character at all, is escaped. */
export const encode = (event: Json): string =>
  JSON.stringify(event).replace(
    /[\ud800-\udfff\ufffe\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16)}`,
  );

export const hash = (id: string): string => createHash('sha256').update(id).digest('hex');

const isText = (value: unknown): value is string => typeof value === 'string' && value.length > 0;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
