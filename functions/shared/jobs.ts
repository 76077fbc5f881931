import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';

import { APPROVAL_STATUSES } from '../../workflows/domain/approval.ts';
import { BATCH_STATUSES } from '../../workflows/domain/batch.ts';
import type { JobKind, JobLine, JobView } from '../../workflows/domain/jobs.ts';
import { ORDER_STATUSES } from '../../workflows/domain/order.ts';
import {
  EMAIL_PREFIX,
  INDEXES,
  jobPartition,
  jobStatus,
  STATE_ROW,
  TIMELINE_PREFIX,
} from '../../workflows/domain/records.ts';
import { REVIEW_STATUSES } from '../../workflows/domain/review.ts';

/** Every status that a job of a kind may have: a list goes through them one after the other. */
const JOB_STATUSES: Record<JobKind, readonly string[]> = {
  order: ORDER_STATUSES,
  approval: APPROVAL_STATUSES,
  batch: BATCH_STATUSES,
  review: REVIEW_STATUSES,
};

export interface JobPage {
  items: JobView[];
  nextCursor: string | null;
}

/** The records of jobs: never wakes a worker. */
export interface Jobs {
  find(kind: JobKind, id: string): Promise<(JobView & { timeline: JobLine[] }) | undefined>;
  list(
    kind: JobKind,
    request: { status?: string; limit: number; cursor?: string },
  ): Promise<JobPage>;
  /** A line in the timeline of a job that has ended; once for each `key`. */
  note(kind: JobKind, id: string, key: string, line: JobLine): Promise<void>;
}

type Row = Record<string, unknown> & { sk: string };

export function createJobs(TableName: string): Jobs {
  const table = DynamoDBDocumentClient.from(new DynamoDBClient({ maxAttempts: 3 }));
  return {
    async find(kind, id) {
      const rows: Row[] = [];
      let from: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await table.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: 'pk = :pk',
            ExpressionAttributeValues: { ':pk': jobPartition(kind, id) },
            ConsistentRead: true,
            ...(from && { ExclusiveStartKey: from }),
          }),
        );
        rows.push(...(Items as Row[]));
        from = LastEvaluatedKey;
      } while (from !== undefined);
      const state = rows.find(({ sk }) => sk === STATE_ROW);
      return state && { ...viewOf(state), timeline: timelineOf(rows) };
    },
    async list(kind, { status, limit, cursor }) {
      const statuses = status === undefined ? JOB_STATUSES[kind] : [status];
      const at = cursor === undefined ? { index: 0 } : decode(cursor);
      const items: JobView[] = [];
      let { index, key } = at;
      for (; index < statuses.length; index++, key = undefined) {
        const { Items = [], LastEvaluatedKey } = await table.send(
          new QueryCommand({
            TableName,
            IndexName: INDEXES.byStatus.name,
            KeyConditionExpression: '#status = :status',
            ExpressionAttributeNames: { '#status': INDEXES.byStatus.partition },
            ExpressionAttributeValues: { ':status': jobStatus(kind, statuses[index]!) },
            Limit: limit - items.length,
            ...(key && { ExclusiveStartKey: key }),
          }),
        );
        items.push(...(Items as Row[]).map(viewOf));
        if (LastEvaluatedKey)
          return { items, nextCursor: encode({ index, key: LastEvaluatedKey }) };
        if (items.length >= limit && index + 1 < statuses.length) {
          return { items, nextCursor: encode({ index: index + 1 }) };
        }
      }
      return { items, nextCursor: null };
    },
    async note(kind, id, key, line) {
      const Item = { pk: jobPartition(kind, id), sk: `${TIMELINE_PREFIX}~${key}`, ...line };
      await table.send(new PutCommand({ TableName, Item }));
    },
  };
}

interface Cursor {
  index: number;
  key?: Record<string, unknown> | undefined;
}

const encode = (cursor: Cursor): string =>
  Buffer.from(JSON.stringify(cursor)).toString('base64url');

const decode = (cursor: string): Cursor =>
  JSON.parse(Buffer.from(cursor, 'base64url').toString()) as Cursor;

function viewOf({ pk: _pk, sk: _sk, jobCustomer, ...row }: Row): JobView {
  const status = String(row['status']).split(':').slice(1).join(':');
  const customer = jobCustomer === undefined ? {} : { customer: jobCustomer };
  return { ...row, ...customer, status } as unknown as JobView;
}

/** What happened and what was written, by time; at the same instant in the order of the table. */
function timelineOf(rows: Row[]): JobLine[] {
  const lines = rows
    .filter(({ sk }) => sk.startsWith(TIMELINE_PREFIX))
    .map(({ pk: _pk, sk: _sk, wakeAt: _wakeAt, ...line }) => line as unknown as JobLine);
  const emails = rows
    .filter(({ sk }) => sk.startsWith(EMAIL_PREFIX))
    .map(({ at, type, status }): JobLine => ({
      at: at as string,
      type: 'email',
      email: type,
      status,
    }));
  return [...lines, ...emails].toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}
