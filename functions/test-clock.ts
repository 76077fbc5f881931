import { handle } from 'hono/aws-lambda';

import { createTestClock } from './handlers/test-clock.ts';
import { readConfig } from './shared/config.ts';
import { createRecords } from './shared/records.ts';
import { TemporalGateway } from './shared/temporal-client.ts';
import { createHooks } from './shared/test-clock/hooks.ts';
import { createClockLock } from './shared/test-clock/lock.ts';

const config = readConfig('TABLE_NAME', 'TEST_CLOCK_HOOKS_URL', 'TEST_CLOCK_ALLOWS_LIVE');

export const handler = handle(
  createTestClock({
    records: createRecords(config.TABLE_NAME),
    temporal: new TemporalGateway(),
    hooks: createHooks(config.TEST_CLOCK_HOOKS_URL),
    lock: createClockLock(config.TABLE_NAME),
    allowLive: config.TEST_CLOCK_ALLOWS_LIVE,
  }),
);
