// The CDK app: `npx cdk synth`, `npx cdk deploy --all`.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';

import { bundleFunctions } from '../functions/bundle/bundle.ts';
import { readConfig } from './config.ts';
import { IngressStack } from './stacks/ingress-stack.ts';

const app = new App();
Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
const bundles = mkdtempSync(join(tmpdir(), 'perennial-cdk-'));
await bundleFunctions(bundles);
new IngressStack(app, 'PerennialIngress', { config: readConfig(app.node), bundles });
app.synth();
rmSync(bundles, { recursive: true });
