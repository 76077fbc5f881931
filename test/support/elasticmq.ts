import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';

import { fetchJars } from '../../local/maven.ts';
import { freePorts } from '../../local/ports.ts';
import { lastLines, type Processes } from '../../local/processes.ts';
import type { SqsServer } from '../../local/queues.ts';
import { Hopeless, until } from '../../local/until.ts';

const VERSION = '1.7.1';
const COUNTS = ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'] as const;

/** The folder of its jars, fetched once. */
export async function fetchElasticMq(say: (line: string) => void): Promise<string> {
  try {
    return await fetchJars(
      `elasticmq-${VERSION}`,
      [`org.elasticmq:elasticmq-server_2.13:${VERSION}`],
      say,
    );
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`ElasticMQ could not be had: ${reason}. Install Java 11 or newer and Maven.`, {
      cause,
    });
  }
}

/** An SQS server of another make than the stack's own, in a process of its own. */
export async function startElasticMq(jars: string, processes: Processes): Promise<SqsServer> {
  const [port] = await freePorts(1);
  const settings = {
    'rest-sqs.bind-hostname': '127.0.0.1',
    'rest-sqs.bind-port': port,
    'node-address.host': '127.0.0.1',
    'node-address.port': port,
    'aws.region': 'us-east-1',
  };
  const server = processes.start({
    name: 'elasticmq',
    command: 'java',
    args: [
      ...Object.entries(settings).map(([key, value]) => `-D${key}=${value}`),
      '-XX:TieredStopAtLevel=1',
      '-cp',
      `${jars}/*`,
      'org.elasticmq.server.Main',
    ],
  });
  const endpoint = `http://127.0.0.1:${port}`;
  await until('the start of ElasticMQ', async () => {
    if (!server.isRunning) {
      throw new Hopeless(
        `ElasticMQ ended at once; is there a Java 11 or newer on the PATH?\n${lastLines(server)}`,
      );
    }
    return (await fetch(`${endpoint}/health`)).ok;
  });
  return {
    endpoint,
    // It does not show its messages without giving them out, so not their groups either.
    async queued({ client, url }) {
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...COUNTS] }),
      );
      return COUNTS.reduce((sum, name) => sum + Number(Attributes![name]), 0);
    },
    close: () => server.stop(),
  };
}
