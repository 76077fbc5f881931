import { log } from '@temporalio/workflow';

import * as activities from './activities.ts';
import type { Command } from './domain/commands.ts';
import type { Email } from './domain/emails.ts';
import type { DomainEvent } from './domain/events.ts';
import { project, timelineEntry } from './domain/projection.ts';
import type { Change } from './domain/records.ts';
import { nameOf, type Request } from './domain/requests.ts';
import { hasEnded, type State } from './domain/state.ts';
import type { Instant } from './domain/time.ts';

/** What a change leaves to be done beside: mail that has to wait, mail that did not go out, listeners that were not told. */
export interface Left {
  held: Email[];
  unsent: Email[];
  isUntold: boolean;
}

/** Makes known what has changed, and by whose request where somebody waits for it; answers with what is left to do. */
export async function publish(
  state: State,
  events: DomainEvent[],
  emails: Email[],
  request: Command | undefined,
  now: Instant,
): Promise<Left> {
  for (const { type, at } of events) log.info(type, { at, status: state.status });
  const held = emails.filter(({ notBefore }) => notBefore !== undefined);
  const unpublished = await activities.publish({
    change: {
      projection: project(state, now),
      timeline: events.map(timelineEntry),
      ...(hasEnded(state) && { tombstone: { status: state.status, endedAt: state.endedAt } }),
      ...(request && { command: namesOf(request, state) }),
    },
    emails: emails.filter((email) => !held.includes(email)),
  });
  const { emails: unsent = [], events: isUntold = false } = unpublished;
  return { held, unsent: emails.filter(({ key }) => unsent.includes(key)), isUntold };
}

function namesOf(
  { eventId: key, ...request }: Command,
  { collection }: State,
): NonNullable<Change['command']> {
  return { key, request: nameOf(request as Request, collection) };
}
