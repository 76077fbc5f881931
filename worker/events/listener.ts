import type { OutboundEvent } from './outbound-event.ts';

/** Somebody outside who is told of events. */
export interface Listener {
  /** Stays the same, as what it has yet to be told is kept under it. */
  name: string;
  wants: (type: string) => boolean;
  /** Resolves once it has taken the event; rejects with a reason that may be logged. */
  tell: (event: OutboundEvent, signal: AbortSignal) => Promise<void>;
}
