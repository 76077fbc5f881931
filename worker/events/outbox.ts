import { randomUUID } from 'node:crypto';

import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  GetCommand,
  paginateQuery,
  PutCommand,
  QueryCommand,
  type DynamoDBDocumentClient,
} from '@aws-sdk/lib-dynamodb';

import {
  OUTBOX_PREFIX,
  outboxRow,
  partition,
  STATE_ROW,
  timelineRow,
} from '../../workflows/domain/records.ts';
import { versionPrefix, type Line } from './lines.ts';

/** That a listener has yet to be told of a subscription's lines, `from` this sort key on. */
export interface Mark {
  listener: string;
  from: string;
  /** Another one after every write, so that nothing is written over what has come in between. */
  revision: string;
}

/** Who has missed what. While a listener has a mark nobody but the one that catches up tells it anything. */
export interface Outbox {
  marks(subscription: string): Promise<Map<string, Mark>>;
  /** Leaves a mark, or makes one that is there reach back as far. */
  leave(subscription: string, listener: string, from: string): Promise<void>;
  /** Lets whoever catches up know of more from here on; false when the mark has gone. */
  extend(subscription: string, mark: Mark, from: string): Promise<boolean>;
  /** Moves a mark behind a line; undefined when somebody else has changed it. */
  pass(subscription: string, mark: Mark, line: Line): Promise<Mark | undefined>;
  /** Takes a mark away when nothing is left; false when somebody else has changed it. */
  remove(subscription: string, mark: Mark): Promise<boolean>;
  /**
   * The lines of every version that a mark concerns, whole, so that {@link settled} can judge them. Of a version that readers
   * do not see yet there are none: whoever writes it looks for marks only afterwards.
   */
  lines(subscription: string, mark: Mark): Promise<Line[]>;
}

export function createOutbox(table: DynamoDBDocumentClient, TableName: string): Outbox {
  const marks: Outbox['marks'] = async (subscription) => {
    const { Items = [] } = await table.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
        ExpressionAttributeValues: { ':pk': partition(subscription), ':prefix': OUTBOX_PREFIX },
        ConsistentRead: true,
      }),
    );
    return new Map(
      (Items as (Mark & { sk: string })[]).map(({ sk, from, revision }) => {
        const listener = sk.slice(OUTBOX_PREFIX.length);
        return [listener, { listener, from, revision }];
      }),
    );
  };
  const find = async (subscription: string, listener: string): Promise<Mark | undefined> =>
    (await marks(subscription)).get(listener);

  /** Writes a mark in the place of another, or of none; undefined when it is not that one which is there. */
  const write = async (
    subscription: string,
    listener: string,
    from: string,
    before: Mark | undefined,
  ): Promise<Mark | undefined> => {
    const revision = randomUUID();
    const Item = { pk: partition(subscription), sk: outboxRow(listener), from, revision };
    const isWritten = await unlessChanged(
      table.send(new PutCommand({ TableName, Item, ...isStill(before) })),
    );
    return isWritten ? { listener, from, revision } : undefined;
  };

  const extend: Outbox['extend'] = async (subscription, mark, from) => {
    const { listener } = mark;
    for (let last: Mark | undefined = mark; last; last = await find(subscription, listener)) {
      if (await write(subscription, listener, earlier(last.from, from), last)) return true;
    }
    return false;
  };

  return {
    marks,
    extend,
    async leave(subscription, listener, from) {
      for (;;) {
        if (await write(subscription, listener, from, undefined)) return;
        const mark = await find(subscription, listener);
        if (mark && (await extend(subscription, mark, from))) return;
      }
    },
    // Greater than the line's own key and smaller than the next one's.
    pass: (subscription, mark, { sk }) => write(subscription, mark.listener, `${sk}~`, mark),
    remove: (subscription, mark) => {
      const Key = { pk: partition(subscription), sk: outboxRow(mark.listener) };
      return unlessChanged(table.send(new DeleteCommand({ TableName, Key, ...isStill(mark) })));
    },
    async lines(subscription, { from }) {
      const Key = { pk: partition(subscription), sk: STATE_ROW };
      const state = await table.send(new GetCommand({ TableName, Key, ConsistentRead: true }));
      const version = (state.Item?.['version'] as number | undefined) ?? 0;
      const [first, last] = [versionPrefix(from), timelineRow(version, 99)];
      const lines: Line[] = [];
      if (last < first) return lines;
      const pages = paginateQuery(
        { client: table },
        {
          TableName,
          KeyConditionExpression: 'pk = :pk AND sk BETWEEN :first AND :last',
          ExpressionAttributeValues: {
            ':pk': partition(subscription),
            ':first': first,
            ':last': last,
          },
          ConsistentRead: true,
        },
      );
      for await (const { Items = [] } of pages) lines.push(...(Items as Line[]));
      return lines;
    },
  };
}

const earlier = (a: string, b: string): string => (a < b ? a : b);

const isStill = (mark: Mark | undefined) =>
  mark === undefined
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : {
        ConditionExpression: 'revision = :revision',
        ExpressionAttributeValues: { ':revision': mark.revision },
      };

async function unlessChanged(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
