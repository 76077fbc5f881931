import { describe, expect, it } from 'vitest';

import { addMonths } from '../../workflows/domain/time.ts';
import { beginTrial, client, DAY, iso, nowMs, trialData, uniqueId } from '../support/stack.ts';

const clock = (id: string, body: unknown) =>
  client().call('POST', `/api/subscriptions/${id}/clock`, body as object);

describe('a test clock', () => {
  it('goes from one due instant to the next', async () => {
    const id = uniqueId('next');
    const { start, end } = await beginTrial(client(), id);
    const instants: string[] = [];
    for (let i = 0; i < 3; i++) {
      const { now } = await client().clock(id, { toNext: true });
      instants.push(iso(Math.floor(Date.parse(now) / 1000) * 1000));
    }
    expect(instants).toEqual([iso(start + 7 * DAY), iso(start + 11 * DAY), iso(end)]);
  });

  it('says what is due next, and where it stands', async () => {
    const id = uniqueId('answer');
    const { start } = await beginTrial(client(), id);
    const { now, nextAction } = await client().clock(id, { advance: 'P8D' });
    expect(Date.parse(now) - start).toBeGreaterThanOrEqual(8 * DAY);
    expect(nextAction).toEqual({ type: 'trial_reminder', at: iso(start + 11 * DAY) });
  });

  it('has nothing to go to when all is over', async () => {
    const id = uniqueId('over');
    await beginTrial(client(), id);
    await client().call('POST', `/api/subscriptions/${id}/cancel`, {});
    expect(await clock(id, { toNext: true })).toMatchObject({
      status: 200,
      body: { nextAction: null },
    });
  });

  it('does not go back', async () => {
    const id = uniqueId('back');
    const { start } = await beginTrial(client(), id);
    await client().clock(id, { advance: 'P2D' });
    expect(await clock(id, { to: iso(start) })).toMatchObject({
      status: 422,
      body: { detail: expect.stringMatching(/does not go back/) as string },
    });
  });

  it.each([
    {},
    { advance: '8 days' },
    { to: 'tomorrow' },
    { toNext: false },
    { advance: 'P1D', toNext: true },
    [],
    'P8D',
  ])('does not understand %j', async (body) => {
    const id = uniqueId('wrong');
    await beginTrial(client(), id);
    expect((await clock(id, body)).status).toBe(422);
  });

  it('of an unknown subscription is 404', async () => {
    expect((await clock(uniqueId('none'), { advance: 'P1D' })).status).toBe(404);
  });

  it('is moved by one at a time', async () => {
    const id = uniqueId('one');
    await beginTrial(client(), id);
    const answers = await Promise.all([
      clock(id, { advance: 'P200D' }),
      clock(id, { advance: 'P200D' }),
    ]);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
    expect(await client().subscription(id)).toMatchObject({ status: 'active' });
  });

  it('waits for what was sent before it', async () => {
    const id = uniqueId('before');
    await beginTrial(client(), id);
    await client().postEvent('subscription.cancel_requested', id, { atPeriodEnd: true });
    await client().clock(id, { advance: 'PT1S' });
    expect((await client().subscription(id))!.cancelAt).not.toBeNull();
  });

  it('moves twenty subscriptions at once, each into its right period', async () => {
    const start = nowMs();
    const ids = Array.from({ length: 20 }, (_, i) => uniqueId(`many${i}`));
    await Promise.all(
      ids.map((id, i) =>
        client().postEvent(
          'subscription.trial_started',
          id,
          trialData(id, { trialStart: iso(start), trialEnd: iso(start + (8 + i) * DAY) }),
        ),
      ),
    );
    await Promise.all(ids.map((id) => client().settled(id, 'trialing')));
    await Promise.all(ids.map((id) => client().clock(id, { to: iso(start + 130 * DAY) })));
    for (const [i, id] of ids.entries()) {
      const anchor = iso(start + (8 + i) * DAY);
      const periods = [0, 1, 2, 3, 4, 5].map((k) => addMonths(anchor, k));
      const k = periods.filter((boundary) => Date.parse(boundary) <= start + 130 * DAY).length - 1;
      const mail = await client().emails(id);
      expect(mail.filter(({ type }) => type === 'converted').map(({ at }) => at)).toEqual([anchor]);
      expect(mail.filter(({ type }) => type === 'receipt').map(({ at }) => at)).toEqual(
        periods.slice(1, k + 1),
      );
      expect(await client().subscription(id)).toMatchObject({
        currentPeriodStart: periods[k],
        currentPeriodEnd: periods[k + 1],
      });
    }
  });
});
