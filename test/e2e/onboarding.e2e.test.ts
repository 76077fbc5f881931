import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, inject, it } from 'vitest';

import { until } from '../../local/until.ts';
import { readConfig } from '../../tools/import/config.ts';
import { runImport } from '../../tools/import/run.ts';
import { addDays, addMonths, fromMs } from '../../workflows/domain/time.ts';
import { runsOf } from '../support/runs.ts';
import { client, DAY, iso, nowMs, trialData, uniqueId } from '../support/stack.ts';

/** The server deletes a history when it gets round to it. */
const DELETION = { ms: 90_000, every: 1000 };

const folder = mkdtempSync(join(tmpdir(), 'perennial-onboarding-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function importAll(rows: object[]): Promise<string> {
  const source = join(folder, `${uniqueId('rows')}.ndjson`);
  writeFileSync(source, rows.map((row) => JSON.stringify(row)).join('\n'));
  const lines: string[] = [];
  const code = await runImport({
    source,
    config: readConfig({}, client().url),
    now: fromMs(Date.now()),
    apply: true,
    partial: false,
    say: (line) => lines.push(line),
    mutter: () => undefined,
  });
  expect([code, lines.at(-1)]).toEqual([0, expect.stringContaining('sent to')]);
  return source;
}

const mail = async (id: string): Promise<string[]> =>
  (await client().emails(id)).map(({ type, at }) => `${type} ${at}`);

describe('what is imported', () => {
  it('goes on in the middle of its trial, and nobody is welcomed', async () => {
    const id = uniqueId('mid_trial');
    const end = iso(nowMs() + 5 * DAY);
    const row = {
      subscription: id,
      status: 'trialing',
      ...trialData(id),
      trialStart: addDays(end, -14),
      trialEnd: end,
    };
    await importAll([row]);
    const next = { type: 'trial_reminder', at: addDays(end, -3) };
    await client().settled(id, 'trialing', ({ nextAction }) => nextAction?.type === next.type);
    expect(await client().subscription(id)).toMatchObject({ status: 'trialing', nextAction: next });
    await client().clock(id, { to: end });
    await client().settled(id, 'active', ({ status }) => status === 'active');
    expect(await mail(id)).toEqual([`trial_ending ${next.at}`, `converted ${end}`]);
  });

  it('goes on in the middle of its period, and is charged at its end', async () => {
    const id = uniqueId('mid_period');
    const start = iso(nowMs() - 10 * DAY);
    const end = addMonths(start, 1);
    const row = {
      subscription: id,
      status: 'active',
      ...trialData(id),
      periodStart: start,
      periodEnd: end,
    };
    await importAll([row]);
    await client().settled(id, 'active', ({ status }) => status === 'active');
    expect(await mail(id)).toEqual([]);
    await client().clock(id, { to: end });
    expect(await mail(id)).toEqual([`receipt ${end}`]);
  });
});

describe('a customer who leaves for good', () => {
  it('gets everything, and then there is nothing left of it', async () => {
    const id = uniqueId('leaves');
    const start = iso(nowMs() - 10 * DAY);
    const customer = { id: `cus_${id}`, email: `${id}@example.com`, name: 'Eve', marketing: true };
    const row = {
      subscription: id,
      status: 'active',
      ...trialData(id, { customer }),
      periodStart: start,
      periodEnd: addMonths(start, 1),
    };
    await importAll([row]);
    await client().settled(id, 'active', ({ status }) => status === 'active');
    const path = `/api/customers/cus_${id}`;
    expect(await client().call('POST', `${path}/erase`)).toMatchObject({
      status: 409,
      body: { subscriptions: [id] },
    });

    await client().call('POST', `/api/subscriptions/${id}/cancel`, { reason: 'words of mine' });
    const ended = await client().settled(id, 'the end', ({ endedAt }) => endedAt !== null);
    expect(ended.nextAction).toMatchObject({ type: 'win_back' });
    const exported = await client().call('GET', `${path}/export`);
    expect(exported).toMatchObject({
      status: 200,
      body: { subscriptions: [{ id, workflow: { customer } }] },
    });
    expect(JSON.stringify(exported.body)).toContain('words of mine');

    const erased = await until(
      'the erasure',
      async () => {
        const answer = await client().call<{ isComplete: boolean }>('POST', `${path}/erase`);
        return answer.status === 200 && answer;
      },
      DELETION,
    );
    expect(erased.body).toMatchObject({ isComplete: true, subscriptions: [{ id }] });
    const after = await client().call('GET', `${path}/export`);
    expect(after).toMatchObject({ status: 200, body: { subscriptions: [{ id }] } });
    expect(JSON.stringify(after.body)).not.toContain('words of mine');
    expect(JSON.stringify(after.body)).not.toContain(`${id}@example.com`);
    await expect(runsOf(inject('temporalEnvironment'), id)).rejects.toThrow(/not found/i);
    expect(await client().subscription(id)).toMatchObject({ status: 'canceled' });
  });
});
