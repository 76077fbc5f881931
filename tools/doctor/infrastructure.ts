import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';

import { SEARCH_ATTRIBUTES } from '../../workflows/domain/contract.ts';
import { INDEXES } from '../../workflows/domain/records.ts';
import { error, ok, warn, type Finding } from './findings.ts';

const PERMISSION_DENIED = 7;
const UNIMPLEMENTED = 12;
const PATIENCE_MS = 4000;

/** Whether Temporal answers for its namespace and knows what workflows are listed by. */
export async function judgeTemporal(environment: Record<string, string>): Promise<Finding[]> {
  const namespace = environment['TEMPORAL_NAMESPACE'] ?? 'default';
  const address = environment['TEMPORAL_ADDRESS'] ?? 'localhost:7233';
  const what = `Temporal at ${address}`;
  const { connectionOptions } = loadClientConnectConfig({
    disableFile: true,
    overrideEnvVars: environment,
  });
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ ...connectionOptions, connectTimeout: PATIENCE_MS });
    await connection.workflowService.describeNamespace({ namespace });
    const attributes = await connection.operatorService
      .listSearchAttributes({ namespace })
      .catch(unlessForbidden);
    return judgeAttributes(what, namespace, attributes?.customAttributes);
  } catch (thrown) {
    const { details, message } = thrown as { details?: string; message: string };
    return [error(what, `cannot be used with namespace ${namespace}: ${details || message}`)];
  } finally {
    await connection?.close();
  }
}

function judgeAttributes(
  what: string,
  namespace: string,
  known: Record<string, unknown> | undefined,
): Finding[] {
  const wanted = Object.values(SEARCH_ATTRIBUTES);
  if (known === undefined) {
    const advice = `See that ${wanted.join(' and ')} are there, of type Keyword.`;
    return [warn(what, `does not say which search attributes ${namespace} has`, advice)];
  }
  const missing = wanted.filter((name) => known[name] === undefined);
  if (missing.length === 0) return [ok(what, `namespace ${namespace}, with its search attributes`)];
  const says = `namespace ${namespace} lacks the search attributes ${missing.join(', ')}: no workflow can start`;
  return [error(what, says, 'Add them, of type Keyword, before the first event.')];
}

/** Temporal Cloud keeps that from its clients. */
function unlessForbidden(thrown: unknown): undefined {
  const { code } = thrown as { code?: number };
  if (code === PERMISSION_DENIED || code === UNIMPLEMENTED) return undefined;
  throw thrown;
}

/** Whether the table is there, with its indexes. */
export async function judgeTable(TableName: string): Promise<Finding[]> {
  const what = `table ${TableName}`;
  const { Table } = await new DynamoDBClient({ maxAttempts: 2 }).send(
    new DescribeTableCommand({ TableName }),
  );
  const known = Table?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName) ?? [];
  const missing = Object.values(INDEXES).flatMap(({ name }) =>
    known.includes(name) ? [] : [name],
  );
  if (missing.length > 0) return [error(what, `lacks the indexes ${missing.join(', ')}`)];
  return Table?.TableStatus === 'ACTIVE'
    ? [ok(what, 'there, with its indexes')]
    : [warn(what, `is ${Table?.TableStatus}`, 'Wait until it is ACTIVE.')];
}

/** Whether the queue is there and of its kind. */
export async function judgeQueue(url: string): Promise<Finding[]> {
  const { FifoQueue, ApproximateNumberOfMessages: count } = await attributesOf(url);
  const what = `queue ${url.slice(url.lastIndexOf('/') + 1)}`;
  return FifoQueue === 'true'
    ? [ok(what, `there, with ${count} messages`)]
    : [error(what, 'is no FIFO queue, so that events may overtake one another')];
}

/** Whether something waits for a person. */
export async function judgeDeadLetters(url: string): Promise<Finding[]> {
  const { ApproximateNumberOfMessages: count } = await attributesOf(url);
  const what = `dead letters ${url.slice(url.lastIndexOf('/') + 1)}`;
  return count === '0'
    ? [ok(what, 'none')]
    : [warn(what, `${count} wait`, 'Read the reasons: GET /api/dead-letters.')];
}

async function attributesOf(QueueUrl: string): Promise<Record<string, string>> {
  const { Attributes = {} } = await new SQSClient({ maxAttempts: 2 }).send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }),
  );
  return Attributes;
}
