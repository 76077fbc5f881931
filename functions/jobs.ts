import { handle } from 'hono/aws-lambda';

import { addBatchReport } from './handlers/batch-report.ts';
import { createInventoryApi } from './handlers/inventory.ts';
import { createJobApi } from './handlers/jobs.ts';
import { JOB_APIS } from './job-apis.ts';
import { createBatchItems } from './shared/batch-items.ts';
import { readConfig } from './shared/config.ts';
import { createInventory } from './shared/inventory.ts';
import { createJobs } from './shared/jobs.ts';
import { createQueue } from './shared/queue.ts';
import { TemporalGateway } from './shared/temporal-client.ts';
import { createUpdate } from './shared/update.ts';

const config = readConfig('TABLE_NAME', 'QUEUE_URL');

const jobs = createJobs(config.TABLE_NAME);
const app = createJobApi(JOB_APIS, {
  jobs,
  queue: createQueue(config.QUEUE_URL),
  update: createUpdate(new TemporalGateway()),
});

export const handler = handle(
  addBatchReport(app, { jobs, items: createBatchItems(config.TABLE_NAME) }).route(
    '/',
    createInventoryApi(createInventory(config.TABLE_NAME)),
  ),
);
