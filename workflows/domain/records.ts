import type { Feedback, Tombstone } from './commands.ts';
import type { JobKind } from './jobs.ts';
import type { Projection, TimelineEntry } from './projection.ts';
import type { Instant } from './time.ts';

/**
 * The table: one partition per subscription.
 *
 * A change is decided in a workflow task, and a task that could not be completed is run again, on what is known by then:
 * the same version may come twice with different contents. So what is written carries the time of its task as well
 * (`updatedAt`, `wakeAt`), and of one version the latest counts.
 *
 * | sk | row | written by |
 * | --- | --- | --- |
 * | `STATE` | {@link Projection}, found by status and by customer through the indexes | worker |
 * | `TIMELINE#<version>#<n>` | {@link TimelineEntry}, with what else its event says outside | worker |
 * | `EMAIL#<key>` | ledger row of one e-mail | worker, before and after sending |
 * | `CHARGE#<key>` | a charge, from before the provider is asked for it | worker |
 * | `COMMAND#<key>` | a command that somebody waited for, once it is obeyed | worker |
 * | `OUTBOX#<listener>` | from which line on a listener has yet to be told; none when it knows all | worker |
 * | `TOMBSTONE` | {@link Tombstone}, for ever | worker |
 * | `CLOCK` | lock of a running test clock | test clock |
 *
 * An address that no mail may go to has a partition of its own, under the SHA-256 (hex) of its {@link comparable} form:
 *
 * | sk | row | written by |
 * | --- | --- | --- |
 * | `SUPPRESSION` | {@link Suppression} | e-mail feedback |
 */
export const partition = (subscription: string): string => `SUBSCRIPTION#${subscription}`;

/**
 * A job has a partition like a subscription's, of `STATE`, `TIMELINE#…` and `EMAIL#…` rows; an order a `CHARGE#…` row and, once
 * its goods are sent, a `PARCEL` row as well. The customer of a job is found in its row only: the index by customer has
 * subscriptions.
 */
export const jobPartition = (kind: JobKind, id: string): string => `${kind.toUpperCase()}#${id}`;

/** What there is of one thing that is sold, in its one row; there is none of what is not counted. */
export const inventoryKey = (sku: string): { pk: string; sk: string } => ({
  pk: `INVENTORY#${sku}`,
  sk: 'STOCK',
});

/** Jobs are found by status through the same index as subscriptions: theirs has the kind before it. */
export const jobStatus = (kind: JobKind, status: string): string => `${kind}:${status}`;

export const suppressionKey = (hash: string): { pk: string; sk: string } => ({
  pk: `SUPPRESSION#${hash}`,
  sk: 'SUPPRESSION',
});

/** The form of an address in which two spellings of it are the same. */
export const comparable = (address: string): string => address.trim().toLowerCase();

export const STATE_ROW = 'STATE';
export const TOMBSTONE_ROW = 'TOMBSTONE';
export const CLOCK_ROW = 'CLOCK';
export const PARCEL_ROW = 'PARCEL';
export const TIMELINE_PREFIX = 'TIMELINE#';
export const EMAIL_PREFIX = 'EMAIL#';
export const OUTBOX_PREFIX = 'OUTBOX#';
export const CHARGE_PREFIX = 'CHARGE#';
export const COMMAND_PREFIX = 'COMMAND#';

/** Sorts as the changes happened; the same change always has the same row. */
export const timelineRow = (version: number, index: number): string =>
  `${TIMELINE_PREFIX}${String(version).padStart(8, '0')}#${String(index).padStart(2, '0')}`;

export const outboxRow = (listener: string): string => `${OUTBOX_PREFIX}${listener}`;

export const chargeRow = (key: string): string => `${CHARGE_PREFIX}${key}`;

export const commandRow = (key: string): string => `${COMMAND_PREFIX}${key}`;

/** The indexes of the table: partition key and sort key of each; only projections have these attributes. */
export const INDEXES = {
  byStatus: { name: 'by-status', partition: 'status', sort: 'id' },
  byCustomer: { name: 'by-customer', partition: 'customer', sort: 'id' },
} as const;

/** Why an address gets no more mail, and since when; the address itself is nowhere. */
export interface Suppression {
  kind: Feedback['kind'];
  at: Instant;
}

/** Everything that one change of a subscription leaves in the table. */
export interface Change {
  projection: Projection;
  timeline: TimelineEntry[];
  tombstone?: Tombstone;
  /** The command that somebody waits for: its key, and the name of its request. */
  command?: { key: string; request: string };
}
