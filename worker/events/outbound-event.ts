import { createHash } from 'node:crypto';

import { TIMELINE_PREFIX } from '../../workflows/domain/records.ts';
import type { Instant } from '../../workflows/domain/time.ts';
import type { Line, Standing } from './lines.ts';
import { typeOf } from './types.ts';

/** A domain event as the world gets it: CloudEvents 1.0 with the extension `sequence`. */
export interface OutboundEvent {
  specversion: '1.0';
  /** The same for the same content, whenever it is sent; never the same for another. */
  id: string;
  source: string;
  type: string;
  /** The subscription. */
  subject: string;
  /** Lifecycle time. */
  time: Instant;
  datacontenttype: 'application/json';
  /** Sorts, as text, the events of one subscription in the order in which they happened. */
  sequence: string;
  /** The event's own details, which differ by type, and how the subscription stood after it. */
  data: Record<string, unknown> & { subscription: Standing };
}

const SOURCE = '/perennial/subscriptions';

/** The event of a line that {@link Line.outbound} marks as one to go out. */
export function outboundEvent(subject: string, line: Line): OutboundEvent {
  const { pk: _pk, sk, wakeAt: _wakeAt, testClock: _clock, outbound, at: time, ...entry } = line;
  const { type, ...details } = entry;
  const said = {
    source: SOURCE,
    type: typeOf(type),
    subject,
    time,
    sequence: sk.slice(TIMELINE_PREFIX.length).replace('#', '.'),
    data: { ...details, subscription: outbound!.subscription },
  };
  return { specversion: '1.0', id: idOf(said), datacontenttype: 'application/json', ...said };
}

const idOf = (said: object): string => createHash('sha256').update(canonical(said)).digest('hex');

/** JSON with the members of every object in the order of their names, as a database keeps no order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
