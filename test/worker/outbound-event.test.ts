import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { createSaveChange } from '../../worker/activities/records.ts';
import { linesOf, type Line } from '../../worker/events/lines.ts';
import { outboundEvent } from '../../worker/events/outbound-event.ts';
import { project, type TimelineEntry } from '../../workflows/domain/projection.ts';
import type { Change } from '../../workflows/domain/records.ts';
import type { State } from '../../workflows/domain/state.ts';
import { active, day, pastDue, T0 } from '../support/fixtures.ts';
import { useTable } from '../support/table.ts';

const table = useTable();

const renewed: TimelineEntry = { at: T0, type: 'renewed', period: { start: T0, end: day(30) } };

const changed = (
  timeline = [renewed],
  state: State = active({ version: 3 }),
  wakeAt = T0,
): Change => ({
  projection: project(state, wakeAt),
  timeline,
});
const eventsOf = (change: Change) =>
  linesOf(change).map((line) => outboundEvent(change.projection.id, line));
const idOf = (...of: Parameters<typeof changed>): string => eventsOf(changed(...of))[0]!.id;

it('an event says what happened, when, and how the subscription stood then', () => {
  expect(eventsOf(changed([renewed], active({ version: 3, testClock: 'clock_1' })))).toEqual([
    {
      specversion: '1.0',
      id: expect.stringMatching(/^[0-9a-f]{64}$/),
      source: '/perennial/subscriptions',
      type: 'perennial.subscription.renewed',
      subject: 'sub_1',
      time: T0,
      datacontenttype: 'application/json',
      sequence: '00000003.00',
      data: {
        period: { start: T0, end: day(30) },
        subscription: {
          customer: 'cus_1',
          status: 'active',
          access: 'granted',
          plan: 'pro',
          version: 3,
          livemode: false,
          testClock: 'clock_1',
        },
      },
    },
  ]);
});

it('an event names nobody', () => {
  const text = JSON.stringify(eventsOf(changed()));
  for (const personal of ['ada@example.com', 'Ada']) expect(text).not.toContain(personal);
});

describe('the id', () => {
  it('is the same when a later task comes to the same', () => {
    expect(idOf([renewed], active({ version: 3 }), day(1))).toBe(idOf());
  });

  it('does not depend on what else the change has brought', () => {
    expect(idOf([renewed, { at: T0, type: 'payment_succeeded' }])).toBe(idOf());
  });

  it.each<{ what: string; of: Parameters<typeof changed> }>([
    { what: 'another detail', of: [[{ ...renewed, period: { start: T0, end: day(31) } }]] },
    { what: 'another instant', of: [[{ ...renewed, at: day(1) }]] },
    { what: 'another type', of: [[{ ...renewed, type: 'activated' }]] },
    { what: 'another place in the change', of: [[{ at: T0, type: 'past_due' }, renewed]] },
    { what: 'another version', of: [[renewed], active({ version: 4 })] },
    { what: 'another subscription', of: [[renewed], active({ version: 3, id: 'sub_2' })] },
    { what: 'another outcome', of: [[renewed], pastDue({ version: 3 })] },
  ])('is not shared with $what', ({ of }) => {
    const ids = eventsOf(changed(...of)).map(({ id }) => id);
    expect(ids).not.toContain(idOf());
  });

  it('is the same for the line that the table gives back', async () => {
    const save = createSaveChange(table.client, table.name);
    let runs = 0;
    const details = fc.dictionary(
      fc.constantFrom('invoice', 'reason', 'attempt', 'subscription', 'plan', 'period'),
      fc.oneof(
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.constant(undefined),
        fc.dictionary(fc.constantFrom('b', 'a', 'z'), fc.integer()),
        fc.array(fc.string(), { maxLength: 3 }),
      ),
    );
    const property = fc.asyncProperty(details, async (of) => {
      const id = `sub_back_${runs++}`;
      const change = changed([{ at: T0, type: 'renewed', ...of }], active({ id, version: 3 }));
      await save(change);
      const [row] = (await table.rows(id, 'TIMELINE#')) as Line[];
      const event = outboundEvent(id, row!);
      expect(event.id).toBe(eventsOf(change)[0]!.id);
      expect(event).toEqual(eventsOf(change)[0]);
    });
    await fc.assert(property, { numRuns: 50 });
  });
});
