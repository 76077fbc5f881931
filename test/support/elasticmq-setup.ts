// Vitest's setup for the end-to-end tests that run on ElasticMQ as well: a stack that differs in its SQS server alone.
import { fetchElasticMq, startElasticMq } from './elasticmq.ts';
import { useStack } from './stack.ts';

const jars = await fetchElasticMq((line) => process.stdout.write(`${line}\n`));

useStack({ startSqs: (processes) => startElasticMq(jars, processes) });
