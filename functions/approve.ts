import { fromMs } from '../workflows/domain/time.ts';
import { createApprove } from './handlers/approve.ts';
import { readConfig, readSecretSource } from './shared/config.ts';
import { createJobs } from './shared/jobs.ts';
import { createSecrets } from './shared/secrets.ts';
import { TemporalGateway } from './shared/temporal-client.ts';
import { createUpdate } from './shared/update.ts';

const config = readConfig('TABLE_NAME');

export const handler = createApprove({
  jobs: createJobs(config.TABLE_NAME),
  update: createUpdate(new TemporalGateway()),
  secrets: createSecrets(readSecretSource('LINK_SECRET')),
  now: () => fromMs(Date.now()),
});
