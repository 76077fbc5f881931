import { describe, expect, it } from 'vitest';

import type { Command, ImportRequest } from '../../../workflows/domain/commands.ts';
import { due } from '../../../workflows/domain/due.ts';
import { addDays } from '../../../workflows/domain/time.ts';
import { day, seen, T0, TRIAL_END } from '../../support/fixtures.ts';
import { types, when } from '../../support/given.ts';

const NOW = addDays(TRIAL_END, -2);

const imported = (more: Partial<ImportRequest>): Command => ({
  type: 'import',
  eventId: 'evt_import',
  customer: { id: 'cus_1', email: 'ada@example.com' },
  plan: { id: 'pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
  quantity: 1,
  collection: 'self',
  livemode: false,
  status: 'trialing',
  ...more,
});

describe('a trial that was run elsewhere', () => {
  it.each([
    ['by ourselves', imported({ trial: { start: T0, end: TRIAL_END } }), undefined, 'trial_end'],
    ['by the provider', imported({ collection: 'provider' }), seen(), 'reconcile'],
  ])('%s is not reminded of what it has been reminded of', async (_, command, found, next) => {
    const { events, emails, state } = await when(undefined, command, NOW, {
      find: () => (found ? { subscription: found } : {}),
      fetch: () => found,
    });
    expect(types(events)).toEqual(['imported']);
    expect(emails).toEqual([]);
    expect(due(state!, NOW)?.type).toBe(next);
  });

  it('is reminded of what lies ahead', async () => {
    const early = day(8);
    const command = imported({ collection: 'provider' });
    const world = { find: () => ({ subscription: seen() }), fetch: () => seen() };
    const { state } = await when(undefined, command, early, world);
    expect(due(state!, early)).toEqual({ type: 'trial_reminder', at: day(11) });
  });
});

it("a provider's yearly renewal that was announced elsewhere is not announced again", async () => {
  const period = { start: addDays(T0, -360), end: addDays(T0, 5) };
  const plan = {
    id: 'year',
    price: { amount: 19_000, currency: 'usd' },
    interval: 'year' as const,
  };
  const { trial: _, ...subscription } = seen({ status: 'active', plan, period });
  const world = { find: () => ({ subscription }), fetch: () => subscription };
  const { state } = await when(undefined, imported({ collection: 'provider' }), T0, world);
  expect(due(state!, T0)?.type).toBe('reconcile');
});
