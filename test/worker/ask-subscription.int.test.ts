import { Client } from '@temporalio/client';
import { describe, expect, it } from 'vitest';

import { createAskSubscription } from '../../worker/batch/ask-subscription.ts';
import { Drive } from '../support/drive.ts';
import { start } from '../support/fixtures.ts';
import { FakeWorld, useTemporal } from '../support/workflows.ts';

const temporal = useTemporal();

describe('a subscription that is asked from an activity, over the connection of the worker', () => {
  it('obeys once, refuses in its own words, and shows itself', async () => {
    const world = new FakeWorld();
    await temporal.run(world, async (queue) => {
      const { nativeConnection: connection, namespace } = temporal.env;
      const client = new Client({ connection, namespace: namespace ?? 'default' });
      const subscriptions = createAskSubscription(() => client);
      await queue.send('sub_ask', start({ at: await queue.now() }));
      const drive = new Drive(temporal.env, world, 'sub_ask');
      await drive.until('the trial', ({ status }) => status === 'trialing');

      const extend = {
        subscription: 'sub_ask',
        request: { type: 'extend_trial' as const, by: 'P3D' },
        key: 'batch:b1:sub_ask',
      };
      expect(await subscriptions.ask(extend)).toEqual({ outcome: 'done' });
      expect(await subscriptions.ask(extend)).toEqual({ outcome: 'done' });
      const { version } = await drive.until('the change', () => true);
      expect(version).toBe(2);

      const pause = { ...extend, request: { type: 'pause' as const }, key: 'batch:b2:sub_ask' };
      expect(await subscriptions.ask(pause)).toEqual({
        outcome: 'failed',
        reason: 'A subscription that is trialing cannot be paused; it has to be active.',
      });
      expect(await subscriptions.look('sub_ask')).toMatchObject({ status: 'trialing' });
    });
  });

  it('and does not run any more is a failure, and no wait', async () => {
    await temporal.run(new FakeWorld(), async () => {
      const { nativeConnection: connection, namespace } = temporal.env;
      const client = new Client({ connection, namespace: namespace ?? 'default' });
      const subscriptions = createAskSubscription(() => client);
      const nobody = { subscription: 'sub_nobody', request: { type: 'cancel' as const }, key: 'k' };
      expect(await subscriptions.ask(nobody)).toEqual({
        outcome: 'failed',
        reason: 'The subscription does not run any more.',
      });
      expect(await subscriptions.look('sub_nobody')).toBeNull();
    });
  });
});
