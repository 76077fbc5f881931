import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { due } from '../../../workflows/domain/due.ts';
import { remember } from '../../../workflows/domain/fingerprint.ts';
import { project } from '../../../workflows/domain/projection.ts';
import {
  accessOf,
  hasEnded,
  STATUSES,
  type State,
  type Status,
} from '../../../workflows/domain/state.ts';
import { beginnings, live, steps, type Moment } from './lives.ts';

const ALWAYS =
  `id customer plan quantity collection livemode policy paymentMethod card cardAnnounced zone balance testClock trial
  converting cancel change pausing asOf ahead addressSeen customerAsOf paidAsOf paid apiVersion asked seen version status`.split(
    /\s+/,
  );
const BILLED = ['anchor', 'period'];

/** What a state may have beside what all have, and what it has to have. */
const SHAPES: Record<Status, { must: string[]; may: string[] }> = {
  trialing: { must: ['trial'], may: ['reminded'] },
  active: { must: BILLED, may: ['announced', 'changedAt'] },
  past_due: {
    must: [...BILLED, 'since', 'attempt'],
    may: ['isConversion', 'revoked', 'triedAt', 'confirmBy', 'isHard', 'reminded'],
  },
  incomplete: { must: [...BILLED, 'since', 'attempt'], may: [] },
  unpaid: { must: [...BILLED, 'since', 'attempt'], may: ['isConversion'] },
  paused: { must: [...BILLED, 'since'], may: ['until'] },
  canceled: { must: ['endedAt'], may: ['period', 'cause', 'wooed'] },
  incomplete_expired: { must: ['endedAt'], may: ['period', 'cause', 'wooed'] },
};

function hasKnownShape(state: State): void {
  expect(STATUSES).toContain(state.status);
  const carried = JSON.parse(JSON.stringify(state)) as Record<string, unknown>;
  const { must, may } = SHAPES[state.status];
  expect(must.filter((field) => carried[field] === undefined)).toEqual([]);
  const known = [...ALWAYS, ...must, ...may];
  expect(Object.keys(carried).filter((field) => !known.includes(field))).toEqual([]);
}

const inAnyLife = (check: () => (moment: Moment) => void): Promise<void> =>
  fc.assert(
    fc.asyncProperty(beginnings, steps, async (from, through) => {
      await live(from, through, check());
    }),
    { numRuns: 300 },
  );

/** Messages enough to fill what is remembered of them. */
const MANY = Array.from({ length: 100 }, (_, index) => `evt_1SAVbqHYgolSBA35D4kbE${index}`);

/** A state but for what every input changes. */
const gist = (state: State | undefined): string =>
  JSON.stringify({ ...state, version: 0, seen: [] });

describe('when nobody says anything', () => {
  const inAnySilence = (check: () => (moment: Moment) => void): Promise<void> => {
    const silence = steps.map((all) => all.map((step) => ({ ...step, command: undefined })));
    return fc.assert(
      fc.asyncProperty(beginnings, silence, async (from, through) => {
        await live(from, through, check());
      }),
      { numRuns: 300 },
    );
  };

  it('what is due comes to an end: it never leads back to where it came from', async () => {
    await inAnySilence(() => {
      let then = '';
      let been = new Set<string>();
      return ({ now, before, conclusion: { state } }) => {
        if (then !== now) been = new Set([gist(before)]);
        then = now;
        expect(been).not.toContain(gist(state));
        been.add(gist(state));
      };
    });
  });
});

describe('in any life', () => {
  it('nothing throws, and every state can be read', async () => {
    await inAnyLife(() => ({ now, conclusion: { state } }) => {
      if (state === undefined) return;
      hasKnownShape(state);
      const projection = project(state, now);
      expect(projection).toMatchObject({ status: state.status, access: accessOf(state) });
      expect(projection.nextAction).toEqual(due(state, now) ?? null);
    });
  });

  it('what is carried stays small', async () => {
    await inAnyLife(() => ({ conclusion: { state } }) => {
      if (state === undefined) return;
      const seen = MANY.reduce<readonly string[]>(remember, state.seen);
      expect(JSON.stringify({ ...state, seen }).length).toBeLessThanOrEqual(1500);
    });
  });

  it('every change has a number of its own', async () => {
    await inAnyLife(() => ({ before, conclusion: { state, events } }) => {
      const grown = (state?.version ?? 0) - (before?.version ?? 0);
      expect(grown).toBe(events.length > 0 ? 1 : 0);
    });
  });

  it('the end is the end', async () => {
    await inAnyLife(() => ({ before, conclusion: { state } }) => {
      const wasOver = before !== undefined && hasEnded(before);
      const is = state && hasEnded(state) ? [state.status, state.endedAt] : ['alive'];
      expect(wasOver ? is : []).toEqual(wasOver ? [before.status, before.endedAt] : []);
    });
  });

  it('no key of an e-mail stands for two', async () => {
    await inAnyLife(() => {
      const sent = new Map<string, string>();
      return ({ conclusion: { emails } }) => {
        for (const { key, type, data } of emails) {
          const contents = JSON.stringify({ type, data });
          expect({ key, contents: sent.get(key) ?? contents }).toEqual({ key, contents });
          sent.set(key, contents);
        }
      };
    });
  });
});
