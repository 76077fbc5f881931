import { handle } from 'hono/aws-lambda';

import { createInventoryApi } from './handlers/inventory.ts';
import { createJobApi } from './handlers/jobs.ts';
import { JOB_APIS } from './job-apis.ts';
import { readConfig } from './shared/config.ts';
import { createInventory } from './shared/inventory.ts';
import { createJobs } from './shared/jobs.ts';
import { createQueue } from './shared/queue.ts';
import { TemporalGateway } from './shared/temporal-client.ts';
import { createUpdate } from './shared/update.ts';

const config = readConfig('TABLE_NAME', 'QUEUE_URL');

export const handler = handle(
  createJobApi(JOB_APIS, {
    jobs: createJobs(config.TABLE_NAME),
    queue: createQueue(config.QUEUE_URL),
    update: createUpdate(new TemporalGateway()),
  }).route('/', createInventoryApi(createInventory(config.TABLE_NAME))),
);
