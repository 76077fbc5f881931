import { describe, expect, it } from 'vitest';

import { createRecords } from '../../functions/shared/records.ts';
import { createRecordsActivities, createSaveChange } from '../../worker/activities/records.ts';
import { project } from '../../workflows/domain/projection.ts';
import type { State } from '../../workflows/domain/state.ts';
import { active, day, ended, T0, trialing } from '../support/fixtures.ts';
import { useTable } from '../support/table.ts';

const table = useTable();
const save = (state: State, more: object = {}) =>
  createSaveChange(
    table.client,
    table.name,
  )({
    projection: project(state, T0),
    timeline: [{ at: T0, type: 'trial_started' }],
    ...more,
  });
const records = () => createRecords(table.name);

describe('a change', () => {
  it('is what readers get, with its timeline', async () => {
    const state = trialing({ id: 'sub_read' });
    await save(state);
    await save(
      { ...state, version: 2 },
      { timeline: [{ at: day(7), type: 'trial_reminder_due' }] },
    );
    const found = await records().find('sub_read');
    expect(found).toEqual({
      ...project({ ...state, version: 2 }, T0),
      timeline: [
        { at: T0, type: 'trial_started' },
        { at: day(7), type: 'trial_reminder_due' },
      ],
    });
  });

  it('written again leaves no second line', async () => {
    const state = trialing({ id: 'sub_again' });
    await save(state);
    await save(state);
    expect(await table.rows('sub_again', 'TIMELINE#')).toHaveLength(1);
  });

  it('that was decided again replaces what the first decision left behind', async () => {
    const first = trialing({ id: 'sub_redone' });
    await save(first, {
      timeline: [
        { at: T0, type: 'trial_started' },
        { at: T0, type: 'payment_succeeded' },
      ],
    });
    const later = project(active({ id: 'sub_redone' }), day(1));
    await save(first, { projection: later, timeline: [{ at: T0, type: 'subscription_started' }] });
    await save(first);
    expect(await records().find('sub_redone')).toEqual({
      ...later,
      timeline: [{ at: T0, type: 'subscription_started' }],
    });
  });

  it('that comes late does not overwrite a newer one', async () => {
    await save(active({ id: 'sub_late', version: 5 }));
    await save(trialing({ id: 'sub_late', version: 4 }));
    expect(await records().find('sub_late')).toMatchObject({ status: 'active', version: 5 });
  });

  it('that ends a subscription leaves a tombstone', async () => {
    const activities = createRecordsActivities(table.client, table.name);
    expect(await activities.findTraces('sub_tomb')).toEqual({});
    const tombstone = { status: 'canceled' as const, endedAt: day(14) };
    await save(ended({ id: 'sub_tomb' }), { tombstone });
    expect(await activities.findTraces('sub_tomb')).toMatchObject({ tombstone });
  });

  it('that somebody waited for can be told by its key', async () => {
    await save(active({ id: 'sub_key' }), { command: { key: 'key-1', request: 'name' } });
    expect(await records().findCommand('sub_key', 'key-1')).toEqual({ request: 'name' });
    expect(await records().findCommand('sub_key', 'key-2')).toBeUndefined();
  });

  it('under a test clock is stamped with it', async () => {
    await save(trialing({ id: 'sub_clock', testClock: 'clock_1' }));
    expect(await records().find('sub_clock')).toMatchObject({
      testClock: 'clock_1',
      timeline: [{ testClock: 'clock_1' }],
    });
  });
});

it('a late event is noted in the timeline of a subscription that has ended', async () => {
  await save(ended({ id: 'sub_note' }));
  const activities = createRecordsActivities(table.client, table.name);
  const note = {
    subscription: 'sub_note',
    eventId: 'evt_9',
    reason: 'the subscription has ended',
    at: day(30),
  };
  await activities.noteIgnored(note);
  await activities.noteIgnored(note);
  const { timeline } = (await records().find('sub_note'))!;
  expect(timeline.at(-1)).toEqual({
    type: 'ignored',
    eventId: 'evt_9',
    reason: note.reason,
    at: day(30),
  });
  expect(timeline).toHaveLength(2);
});

describe('a listing', () => {
  it('goes through all statuses page by page, and ends', async () => {
    for (let i = 0; i < 5; i++) {
      await save(trialing({ id: `sub_list_${i}`, customer: { id: 'cus_list' } }));
      await save(active({ id: `sub_list_a${i}`, customer: { id: 'cus_list' } }));
    }
    const seen: string[] = [];
    let cursor: string | null | undefined;
    do {
      const page = await records().list({ limit: 3, ...(cursor && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(3);
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    const ours = seen.filter((id) => id.startsWith('sub_list_'));
    expect(ours).toHaveLength(10);
    expect(new Set(seen).size).toBe(seen.length);
  });

  it.each([
    'nonsense',
    Buffer.from('{"key":7}').toString('base64url'),
    Buffer.from('{"key":{"pk":"SUBSCRIPTION#x"}}').toString('base64url'),
  ])('does not go on from a cursor that it has not given (%s)', async (cursor) => {
    await expect(records().list({ limit: 5, cursor })).rejects.toMatchObject({ status: 422 });
  });

  it('is narrowed to a status, a customer, or both', async () => {
    await save(trialing({ id: 'sub_n1', customer: { id: 'cus_n' } }));
    await save(active({ id: 'sub_n2', customer: { id: 'cus_n' } }));
    await save(active({ id: 'sub_n3', customer: { id: 'cus_other' } }));
    const ids = async (request: object) =>
      (await records().list({ limit: 100, ...request })).items.map(({ id }) => id).toSorted();
    expect(await ids({ customer: 'cus_n' })).toEqual(['sub_n1', 'sub_n2']);
    expect(await ids({ customer: 'cus_n', status: 'active' })).toEqual(['sub_n2']);
    expect(await ids({ status: 'active' })).toEqual(expect.arrayContaining(['sub_n2', 'sub_n3']));
  });

  it("of a customer's subscriptions leaves out those that have ended", async () => {
    await save(active({ id: 'sub_c1', customer: { id: 'cus_c' } }));
    await save(ended({ id: 'sub_c2', customer: { id: 'cus_c' } }));
    expect(await records().idsOfCustomer('cus_c')).toEqual(['sub_c1']);
  });

  it("of a customer's subscriptions has those that are to win the customer back", async () => {
    const state = ended({ id: 'sub_w1', customer: { id: 'cus_w' } });
    const nextAction = { type: 'win_back', at: day(30) };
    await save(state, { projection: { ...project(state, T0), nextAction } });
    expect(await records().idsOfCustomer('cus_w')).toEqual(['sub_w1']);
  });
});
