import { createHash } from 'node:crypto';

import { GetCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it } from 'vitest';

import { createEmailFeedback } from '../../functions/handlers/email-feedback.ts';
import type { Envelope } from '../../functions/shared/envelope.ts';
import { parseMessage } from '../../functions/shared/parse.ts';
import { createSuppressions, type Suppressions } from '../../functions/shared/suppressions.ts';
import { suppressionKey } from '../../workflows/domain/records.ts';
import { route } from '../../workflows/domain/routes.ts';
import {
  bounceEvent,
  complaintEvent,
  delayEvent,
  deliveryEvent,
  eventBridgeEvent,
  snsEvent,
  tagsOf,
} from '../support/ses-events.ts';
import { useTable } from '../support/table.ts';

const table = useTable();

function setup({
  queueFails = false,
  tableFails = false,
}: { queueFails?: boolean; tableFails?: boolean } = {}) {
  const sent: Envelope[] = [];
  const down: Suppressions = { add: () => Promise.reject(new Error('no table')) };
  const call = createEmailFeedback({
    suppressions: tableFails ? down : createSuppressions(table.name),
    queue: {
      send: (envelope) => {
        if (queueFails) return Promise.reject(new Error('no queue'));
        sent.push(envelope);
        return Promise.resolve();
      },
    },
  });
  return { sent, call };
}

/** The row of an address, by the documented key, not by the code that wrote it. */
async function suppressionOf(address: string): Promise<Record<string, unknown> | undefined> {
  const hash = createHash('sha256').update(address).digest('hex');
  const key = { pk: `SUPPRESSION#${hash}`, sk: 'SUPPRESSION' };
  expect(suppressionKey(hash)).toEqual(key);
  const { Item } = await table.client.send(new GetCommand({ TableName: table.name, Key: key }));
  return Item;
}

/** What the event consumer makes of a message: whom it tells what. */
function told({ body }: Envelope) {
  const parsed = parseMessage(body);
  if (!('event' in parsed)) throw new Error(JSON.stringify(parsed));
  return route(parsed.event);
}

describe('a permanent bounce', () => {
  it('suppresses the address, and tells the subscription', async () => {
    const { call, sent } = setup();
    const recipients = ['Dead@Example.com'];
    await call(snsEvent(bounceEvent({ recipients, tags: tagsOf('sub_1'), feedbackId: 'f-1' })));
    expect(await suppressionOf('dead@example.com')).toMatchObject({
      kind: 'bounce',
      at: '2026-11-20T10:41:02.669Z',
    });
    expect(sent.map(({ group }) => group)).toEqual(['sub_1']);
    expect(sent.map(told)).toMatchObject([
      {
        subscription: 'sub_1',
        commands: [
          {
            type: 'note_feedback',
            eventId: 'ses f-1',
            feedback: { kind: 'bounce', isPermanent: true, emailType: 'receipt' },
          },
        ],
      },
    ]);
  });

  it('leaves no address anywhere but in its hash', async () => {
    const { call, sent } = setup();
    await call(
      snsEvent(bounceEvent({ recipients: ['secret@example.com'], tags: tagsOf('sub_1') })),
    );
    const row = await suppressionOf('secret@example.com');
    expect(JSON.stringify([row, sent])).not.toContain('secret');
  });

  it('of several recipients suppresses each of them, and is told once', async () => {
    const { call, sent } = setup();
    const recipients = ['first@example.com', 'The Second <second@example.com>'];
    await call(snsEvent(bounceEvent({ recipients, tags: tagsOf('sub_1') })));
    expect(await suppressionOf('first@example.com')).toMatchObject({ kind: 'bounce' });
    expect(await suppressionOf('second@example.com')).toMatchObject({ kind: 'bounce' });
    expect(sent).toHaveLength(1);
  });

  it('that comes twice is one row and one message, of which the first is kept', async () => {
    const { call, sent } = setup();
    const bounce = (timestamp: string) =>
      bounceEvent({ recipients: ['twice@example.com'], tags: tagsOf('sub_1'), timestamp });
    await call(snsEvent(bounce('2026-11-20T10:00:00.000Z')));
    await call(snsEvent(bounce('2026-11-21T10:00:00.000Z')));
    expect(await suppressionOf('twice@example.com')).toMatchObject({
      at: '2026-11-20T10:00:00.000Z',
    });
    const [first, again] = sent as [Envelope, Envelope];
    expect(again.deduplication).toBe(first.deduplication);
    expect(told(again)).toMatchObject({ commands: [{ eventId: commandIds(first)[0] }] });
  });

  it('in the older shape of an identity is found by its headers', async () => {
    const { call, sent } = setup();
    const { eventType: notificationType, ...event } = bounceEvent({
      recipients: ['old@example.com'],
      timestamp: '2026-11-20T03:41:02.000-07:00',
      headers: [
        { name: 'X-Perennial-Subscription', value: 'sub_old.1:a' },
        { name: 'x-perennial-type', value: 'win_back' },
      ],
    });
    await call(snsEvent({ notificationType, ...event }));
    expect(await suppressionOf('old@example.com')).toMatchObject({
      at: '2026-11-20T10:41:02.000Z',
    });
    expect(sent.map(told)).toMatchObject([
      { subscription: 'sub_old.1:a', commands: [{ feedback: { emailType: 'win_back' } }] },
    ]);
  });

  it('by EventBridge is as good', async () => {
    const { call, sent } = setup();
    await call(
      eventBridgeEvent(bounceEvent({ recipients: ['bus@example.com'], tags: tagsOf('sub_bus') })),
    );
    expect(await suppressionOf('bus@example.com')).toMatchObject({ kind: 'bounce' });
    expect(sent.map(({ group }) => group)).toEqual(['sub_bus']);
  });

  it.each([
    ['nothing', {}],
    ['no subscription of ours', { tags: { 'perennial-subscription': ['!!'] } }],
    ['tags and headers of another kind', { tags: 7 as never, headers: 'none' as never }],
  ])('of an e-mail that names %s still suppresses the address', async (_, names) => {
    const { call, sent } = setup();
    await call(snsEvent(bounceEvent({ recipients: ['stray@example.com'], ...names })));
    expect(await suppressionOf('stray@example.com')).toMatchObject({ kind: 'bounce' });
    expect(sent).toEqual([]);
  });

  it('of an e-mail whose type is not known any more is told without it', async () => {
    const { call, sent } = setup();
    await call(snsEvent(bounceEvent({ tags: tagsOf('sub_1', 'telegram') })));
    expect(JSON.parse(sent[0]!.body)).toMatchObject({
      data: { feedback: { kind: 'bounce', isPermanent: true } },
    });
    expect(sent[0]!.body).not.toContain('telegram');
  });
});

describe('a bounce that is not permanent', () => {
  it.each(['Transient', 'Undetermined', 'Unheard-of'])('(%s) is told only', async (bounceType) => {
    const { call, sent } = setup();
    const recipients = [`${bounceType.toLowerCase()}@example.com`];
    await call(snsEvent(bounceEvent({ bounceType, recipients, tags: tagsOf('sub_full') })));
    expect(await suppressionOf(recipients[0]!)).toBeUndefined();
    expect(sent.map(told)).toMatchObject([
      {
        subscription: 'sub_full',
        commands: [{ type: 'note_feedback', feedback: { kind: 'bounce', isPermanent: false } }],
      },
    ]);
  });
});

describe('a complaint', () => {
  it('suppresses the address, is told, and withdraws the consent to promotional mail', async () => {
    const { call, sent } = setup();
    const recipients = ['angry@example.com'];
    await call(snsEvent(complaintEvent({ recipients, tags: tagsOf('sub_1', 'win_back') })));
    expect(await suppressionOf('angry@example.com')).toMatchObject({ kind: 'complaint' });
    const commands = sent.map(told).flatMap((target) => target.commands);
    expect(commands).toMatchObject([
      {
        type: 'note_feedback',
        feedback: { kind: 'complaint', isPermanent: true, emailType: 'win_back' },
      },
      { type: 'unsubscribe' },
    ]);
    expect(new Set(sent.map(({ group }) => group))).toEqual(new Set(['sub_1']));
    expect(new Set(sent.map(({ deduplication }) => deduplication)).size).toBe(2);
    expect(new Set(commands.map(({ eventId }) => eventId)).size).toBe(2);
  });

  it('without a type, as some providers send them, counts as one', async () => {
    const { call } = setup();
    const recipients = ['terse@example.com'];
    const { complaint, ...event } = complaintEvent({ recipients, complaintSubType: null });
    const {
      complaintFeedbackType: _type,
      userAgent: _agent,
      ...terse
    } = complaint as Record<string, unknown>;
    await call(snsEvent({ ...event, complaint: terse }));
    expect(await suppressionOf('terse@example.com')).toMatchObject({ kind: 'complaint' });
  });

  it('that says that the message was no spam is praise', async () => {
    const { call, sent } = setup();
    const recipients = ['friend@example.com'];
    const complaintFeedbackType = 'not-spam';
    await call(
      snsEvent(complaintEvent({ recipients, complaintFeedbackType, tags: tagsOf('sub_1') })),
    );
    expect(await suppressionOf('friend@example.com')).toBeUndefined();
    expect(sent).toEqual([]);
  });
});

describe('what needs no action', () => {
  it.each([
    ['a delivery', deliveryEvent({ tags: tagsOf('sub_1') })],
    ['a delay', delayEvent({ tags: tagsOf('sub_1') })],
    ['an event of a type to come', { ...deliveryEvent(), eventType: 'Telepathy' }],
    ['the greeting of an identity', { notificationType: 'AmazonSnsSubscriptionSucceeded' }],
    ['the greeting of a configuration set', 'Successfully validated SNS topic.'],
    ['an empty message', ''],
    ['JSON of another kind', '[null]'],
    ['null', 'null'],
    ['a bounce of nobody', bounceEvent({ recipients: [] })],
    ['a bounce without its object', { ...bounceEvent(), bounce: undefined }],
    ['a complaint at no time', complaintEvent({ timestamp: 'yesterday' })],
  ])('%s is let go', async (_, message) => {
    const { call, sent } = setup();
    await call(snsEvent(message));
    expect(sent).toEqual([]);
  });

  it('does not keep what needs some from being done', async () => {
    const { call, sent } = setup();
    await call(snsEvent('?', deliveryEvent(), bounceEvent({ tags: tagsOf('sub_1') })));
    expect(sent).toHaveLength(1);
  });

  it('may have any fields that SES will think of', async () => {
    const { call, sent } = setup();
    const event = bounceEvent({ tags: tagsOf('sub_1'), newField: { deep: [1] } });
    await call(snsEvent({ ...event, another: true }));
    expect(sent).toHaveLength(1);
  });
});

describe('a notice that cannot be recorded', () => {
  it.each([
    ['the table', { tableFails: true }],
    ['the queue', { queueFails: true }],
  ])('fails the invocation, so that it comes again, while %s is away', async (_, failing) => {
    const { call } = setup(failing);
    const recipients = ['private@example.com'];
    const failure = call(snsEvent(bounceEvent({ recipients, tags: tagsOf('sub_1') })));
    await expect(failure).rejects.toThrow('1 of 1 notices could not be recorded');
    await expect(failure).rejects.not.toThrow('private');
  });

  it('does not keep the others of the invocation from being recorded', async () => {
    const { call } = setup({ queueFails: true });
    const event = snsEvent(
      bounceEvent({ recipients: ['one@example.com'], tags: tagsOf('sub_1') }),
      bounceEvent({ recipients: ['two@example.com'] }),
    );
    await expect(call(event)).rejects.toThrow('1 of 2');
    expect(await suppressionOf('two@example.com')).toMatchObject({ kind: 'bounce' });
  });
});

const commandIds = (envelope: Envelope): string[] =>
  told(envelope).commands.map(({ eventId }) => eventId);
