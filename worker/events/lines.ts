import type { Projection, TimelineEntry } from '../../workflows/domain/projection.ts';
import { timelineRow, type Change } from '../../workflows/domain/records.ts';
import type { Access, Status } from '../../workflows/domain/state.ts';
import type { Instant } from '../../workflows/domain/time.ts';

/** How a subscription stood once a change was complete; names nobody. */
export interface Standing {
  customer: string;
  status: Status;
  access: Access;
  /** The plan's id. */
  plan: string;
  version: number;
  livemode: boolean;
  testClock: string | null;
}

/** A line of the timeline as the table has it, with what its event says outside. */
export interface Line extends TimelineEntry {
  sk: string;
  /** When the task that wrote it was begun, by lifecycle time. */
  wakeAt: Instant;
  testClock?: string;
  /** Absent where no event is to go out. `lines` is how many of them the change has. */
  outbound?: { subscription: Standing; lines: number };
}

/** The lines that a change leaves: what is told at once and what is told later are made of the same. */
export function linesOf({ projection, timeline }: Change): Line[] {
  const { version, testClock, updatedAt: wakeAt } = projection;
  const outbound = { subscription: standingOf(projection), lines: timeline.length };
  return timeline.map((entry, index) => ({
    sk: timelineRow(version, index),
    ...entry,
    ...(testClock !== null && { testClock }),
    wakeAt,
    outbound,
  }));
}

const standingOf = ({
  customer,
  status,
  access,
  plan,
  version,
  livemode,
  testClock,
}: Projection): Standing => ({
  customer,
  status,
  access,
  plan: plan.id,
  version,
  livemode,
  testClock,
});

/**
 * The lines that count, in order: of one version only those that its last writer wrote. Throws when it comes to a version
 * that is being written, as of that one nothing can be said yet.
 */
export function* settled(lines: readonly Line[]): Generator<Line> {
  for (const ofVersion of Map.groupBy(lines, ({ sk }) => versionPrefix(sk)).values()) {
    const last = ofVersion.reduce((latest, { wakeAt }) => (wakeAt > latest ? wakeAt : latest), '');
    const written = ofVersion.filter(({ wakeAt }) => wakeAt === last);
    if (written.length < (written[0]?.outbound?.lines ?? 0)) {
      throw new Error('the next change is being written');
    }
    yield* written.filter(({ outbound }) => outbound !== undefined);
  }
}

/** What the sort keys of all lines of the same version begin with. */
export const versionPrefix = (sk: string): string => sk.slice(0, sk.lastIndexOf('#') + 1);
