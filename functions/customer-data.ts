import { handle } from 'hono/aws-lambda';

import { createCustomerData } from './handlers/customer-data.ts';
import { readConfig } from './shared/config.ts';
import { createCustomerRows } from './shared/customers/rows.ts';
import { createCustomerWorkflows } from './shared/customers/workflows.ts';
import { TemporalGateway } from './shared/temporal-client.ts';

const config = readConfig('TABLE_NAME');

export const handler = handle(
  createCustomerData({
    rows: createCustomerRows(config.TABLE_NAME),
    workflows: createCustomerWorkflows(new TemporalGateway()),
  }),
);
