import { linesOf } from '../../worker/events/lines.ts';
import { outboundEvent, type OutboundEvent } from '../../worker/events/outbound-event.ts';
import { project } from '../../workflows/domain/projection.ts';
import { active, T0 } from './fixtures.ts';

/** An event of a subscription, as listeners get it. */
export function anEvent(subscription: string): OutboundEvent {
  const projection = project(active({ id: subscription }), T0);
  const [line] = linesOf({ projection, timeline: [{ at: T0, type: 'renewed' }] });
  return outboundEvent(subscription, line!);
}
