import { handle } from 'hono/aws-lambda';

import { createSubscriptionApi } from './handlers/subscription-api.ts';
import { readConfig } from './shared/config.ts';
import { createRecords } from './shared/records.ts';
import { TemporalGateway } from './shared/temporal-client.ts';
import { createUpdate } from './shared/update.ts';

const config = readConfig('TABLE_NAME');

export const handler = handle(
  createSubscriptionApi({
    records: createRecords(config.TABLE_NAME),
    update: createUpdate(new TemporalGateway()),
  }),
);
