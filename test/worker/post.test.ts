import { createHash } from 'node:crypto';

import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { describe, expect, it, vi } from 'vitest';

import { readToken as readDecision } from '../../functions/shared/approval-token.ts';
import { readToken } from '../../functions/shared/unsubscribe-token.ts';
import { createPublishActivities } from '../../worker/activities/publish.ts';
import { createDecisionLink } from '../../worker/email/decision-link.ts';
import { createLedger } from '../../worker/email/ledger.ts';
import { createPost, type Post } from '../../worker/email/post.ts';
import { createSuppressions } from '../../worker/email/suppressions.ts';
import type { Message, Transport } from '../../worker/email/transport.ts';
import { createUnsubscribeLink } from '../../worker/email/unsubscribe-link.ts';
import type { Email } from '../../workflows/domain/emails.ts';
import { asActivity } from '../support/activity.ts';
import { active, T0, TRIAL_END } from '../support/fixtures.ts';
import { useTable } from '../support/table.ts';

const table = useTable();

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const email = (subscription: string, more: Partial<Email> = {}): Email => ({
  key: `receipt:${subscription}:in_1`,
  type: 'receipt',
  subscription,
  at: T0,
  to: { id: 'cus_1', email: 'ada@example.com', name: 'Ada' },
  data: {
    plan: active().plan,
    hasPaymentMethod: true,
    price: active().plan.price,
    amount: active().plan.price,
  },
  ...more,
});

const promotion = (subscription: string, more: Partial<Email> = {}): Email =>
  email(subscription, { key: `win_back:${subscription}:1`, type: 'win_back', ...more });

const SECRET = 'a secret that signs links';
const LINKS = { publicUrl: 'https://acme.example', secret: SECRET };

/** What e-mail feedback leaves, by the documented key. */
const suppress = (address: string, kind: 'bounce' | 'complaint'): Promise<void> =>
  table.put({
    pk: `SUPPRESSION#${createHash('sha256').update(address).digest('hex')}`,
    sk: 'SUPPRESSION',
    kind,
    at: T0,
  });

/** What the mail service does with each message in turn: takes it, or fails. */
function setup(...answers: (Error | undefined)[]) {
  const sent: Message[] = [];
  const transport: Transport = {
    send: (message) => {
      const failure = answers.shift();
      if (failure) return Promise.reject(failure);
      sent.push(message);
      return Promise.resolve(`<id-${sent.length}>`);
    },
    close: () => undefined,
  };
  const send = createPost({
    transport,
    ledger: createLedger(table.client, table.name),
    suppressions: createSuppressions(table.client, table.name),
    senders: {
      transactional: { from: 'Acme <billing@acme.example>', configurationSet: 'billing' },
      marketing: { from: 'Acme <news@acme.example>', configurationSet: 'news' },
    },
    unsubscribeLink: createUnsubscribeLink(LINKS),
    decisionLink: createDecisionLink(LINKS),
    branding: { product: 'Acme', manageUrl: 'https://acme.example/account?id={id}' },
  });
  const post: Post = (mail) => asActivity(send, mail);
  const row = async (subscription: string) => (await table.rows(subscription, 'EMAIL#'))[0];
  return { post, sent, row };
}

const failure = (fields: object): Error => Object.assign(new Error('no'), fields);
const throttled = failure({ name: 'TooManyRequestsException', $metadata: { httpStatusCode: 429 } });
const silent = failure({ code: 'ETIMEDOUT' });

it('a request to decide has a link that is a key, which is kept nowhere', async () => {
  const { post, sent } = setup();
  await post(
    email('apr_1', {
      key: 'approval_requested:apr_1:ann',
      type: 'approval_requested',
      kind: 'approval',
      to: { id: 'ann', email: 'ann@example.com' },
      data: { expiresAt: TRIAL_END },
    }),
  );
  const [, token = ''] = /https:\/\/acme\.example\/approve\/(\S+)/.exec(sent[0]!.text)!;
  expect(readDecision(token, [SECRET])).toEqual({
    approval: 'apr_1',
    approver: 'ann',
    expiresAt: TRIAL_END,
  });
  const ledger = await table.client.send(new ScanCommand({ TableName: table.name }));
  expect(JSON.stringify(ledger.Items)).toContain('approval_requested:apr_1:ann');
  expect(JSON.stringify(ledger.Items)).not.toContain(token);
});

describe('an e-mail', () => {
  it('is sent once, however often it is asked for', async () => {
    const { post, sent, row } = setup();
    await post(email('sub_once'));
    await post(email('sub_once'));
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({
      to: { name: 'Ada', address: 'ada@example.com' },
      headers: {
        'X-Perennial-Type': 'receipt',
        'X-Perennial-Key': 'receipt:sub_once:in_1',
        'X-Perennial-At': T0,
      },
    });
    expect(await row('sub_once')).toMatchObject({ status: 'sent', messageId: '<id-1>', at: T0 });
  });

  it('that the service did not take is tried again, and is no uncertain one', async () => {
    const { post, sent, row } = setup(throttled);
    await expect(post(email('sub_throttle'))).rejects.toThrow('TooManyRequestsException');
    expect(await row('sub_throttle')).toMatchObject({ status: 'waiting' });
    await post(email('sub_throttle'));
    expect(sent).toHaveLength(1);
    const saved = await row('sub_throttle');
    expect(saved).toMatchObject({ status: 'sent' });
    expect(saved).not.toHaveProperty('uncertain');
  });

  it('whose answer was lost is sent again, and the ledger calls it uncertain', async () => {
    const { post, sent, row } = setup(silent);
    await expect(post(email('sub_lost'))).rejects.toThrow('ETIMEDOUT');
    expect(await row('sub_lost')).toMatchObject({ status: 'sending' });
    await post(email('sub_lost'));
    expect(sent).toHaveLength(1);
    expect(await row('sub_lost')).toMatchObject({ status: 'sent', uncertain: true });
  });

  it.each([
    ['SES', { name: 'MessageRejected', $metadata: { httpStatusCode: 400 } }, 'MessageRejected'],
    ['SMTP', { name: 'Error', code: 'EENVELOPE', responseCode: 550 }, 'SMTP 550'],
  ])(
    'that %s refuses for good is recorded and not tried again',
    async (service, fields, reason) => {
      const id = `sub_refused_${service}`;
      const { post, sent, row } = setup(failure(fields));
      await post(email(id));
      await post(email(id));
      expect(sent).toEqual([]);
      expect(await row(id)).toMatchObject({ status: 'refused', reason });
    },
  );

  it('to nobody is skipped, and the ledger says why', async () => {
    const { post, sent, row } = setup();
    await post(email('sub_nobody', { to: { id: 'cus_1' } }));
    expect(sent).toEqual([]);
    expect(await row('sub_nobody')).toMatchObject({
      status: 'skipped',
      reason: 'no address is known',
    });
  });

  it('that cannot go out says why without repeating the address', async () => {
    const bounced = failure({
      code: 'EENVELOPE',
      responseCode: 450,
      message: 'ada@example.com is full',
    });
    const { post } = setup(bounced);
    await expect(post(email('sub_busy'))).rejects.toThrow(
      /^the mail service has not taken it: SMTP 450$/,
    );
  });

  it('leaves no address in the ledger', async () => {
    const { post, row } = setup();
    await post(email('sub_private'));
    expect(JSON.stringify(await row('sub_private'))).not.toContain('ada');
  });

  it('has the same Message-ID whenever it is sent, so that mail programs can tell', async () => {
    const { post, sent } = setup(silent);
    await post(email('sub_id')).catch(() => undefined);
    await post(email('sub_id'));
    const other = setup();
    await other.post(email('sub_id2', { key: email('sub_id').key }));
    expect(sent[0]!.messageId).toBe(other.sent[0]!.messageId);
  });
});

describe('an address that is suppressed', () => {
  it.each(['bounce', 'complaint'] as const)(
    'because of a %s gets no mail of any kind, and the ledger says why',
    async (kind) => {
      const { post, sent, row } = setup();
      const to = { id: 'cus_1', email: `${kind}@example.com` };
      await suppress(to.email, kind);
      for (const compose of [email, promotion]) {
        const id = `sub_${kind}_${compose.name}`;
        await post(compose(id, { to }));
        expect(await row(id)).toMatchObject({ status: 'skipped', reason: `suppressed: ${kind}` });
      }
      expect(sent).toEqual([]);
    },
  );

  it('is the same however it is spelt', async () => {
    const { post, sent } = setup();
    await suppress('grace@example.com', 'bounce');
    await post(email('sub_spelt', { to: { id: 'cus_1', email: ' Grace@Example.COM' } }));
    expect(sent).toEqual([]);
  });

  it('gets nothing that waited for another try either', async () => {
    const { post, sent, row } = setup(throttled);
    const to = { id: 'cus_1', email: 'meanwhile@example.com' };
    await expect(post(email('sub_meanwhile', { to }))).rejects.toThrow('TooManyRequestsException');
    await suppress(to.email, 'bounce');
    await post(email('sub_meanwhile', { to }));
    expect(sent).toEqual([]);
    expect(await row('sub_meanwhile')).toMatchObject({
      status: 'skipped',
      reason: 'suppressed: bounce',
    });
  });

  it('does not make what has gone out before look skipped', async () => {
    const { post, row } = setup();
    const to = { id: 'cus_1', email: 'afterwards@example.com' };
    await post(email('sub_afterwards', { to }));
    await suppress(to.email, 'complaint');
    await post(email('sub_afterwards', { to }));
    expect(await row('sub_afterwards')).toMatchObject({ status: 'sent' });
  });
});

describe('promotional mail', () => {
  it('is sent by a stream of its own, and can be stopped by its link', async () => {
    const { post, sent } = setup();
    await post(promotion('sub_promo'));
    const [{ from, configurationSet, unsubscribeUrl = '' }] = sent as [Message];
    expect([from, configurationSet]).toEqual(['Acme <news@acme.example>', 'news']);
    const [, token = ''] = unsubscribeUrl.split('https://acme.example/unsubscribe/');
    expect(readToken(token, [SECRET])).toEqual({ subscription: 'sub_promo', customer: 'cus_1' });
  });

  it('that may have gone out is not sent again', async () => {
    const { post, sent, row } = setup(silent);
    await expect(post(promotion('sub_maybe'))).rejects.toThrow('ETIMEDOUT');
    await post(promotion('sub_maybe'));
    expect(sent).toEqual([]);
    expect(await row('sub_maybe')).toMatchObject({ status: 'sending', uncertain: true });
  });

  it('that has certainly not gone out is', async () => {
    const { post, sent } = setup(throttled);
    await expect(post(promotion('sub_again'))).rejects.toThrow('TooManyRequestsException');
    await post(promotion('sub_again'));
    expect(sent).toHaveLength(1);
  });
});

describe('mail that belongs to the contract', () => {
  it('cannot be stopped by a link', async () => {
    const { post, sent } = setup();
    await post(email('sub_plain'));
    expect(sent[0]).toMatchObject({
      from: 'Acme <billing@acme.example>',
      configurationSet: 'billing',
    });
    expect(sent[0]).not.toHaveProperty('unsubscribeUrl');
  });

  it('is tagged with whose it is, in letters that SES takes', async () => {
    const { post, sent } = setup();
    await post(email('sub.tagged:1'));
    const { tags = {} } = sent[0]!;
    for (const [name, value] of Object.entries(tags)) {
      expect(`${name}${value}`).toMatch(/^[A-Za-z0-9_-]{1,512}$/);
    }
    expect(tags['perennial-type']).toBe('receipt');
    expect(Buffer.from(tags['perennial-subscription']!, 'base64url').toString()).toBe(
      'sub.tagged:1',
    );
  });
});

describe('publishing', () => {
  it('records the change although mail cannot go out, and says which mail waits', async () => {
    const saved: string[] = [];
    const activities = createPublishActivities(
      (change) => {
        saved.push(change.projection.id);
        return Promise.resolve();
      },
      (mail) => (mail.key === 'b' ? Promise.reject(throttled) : Promise.resolve()),
      { tell: () => Promise.resolve(true), catchUp: () => Promise.resolve() },
    );
    const change = { projection: { id: 'sub_1' }, timeline: [] } as never;
    const emails = ['a', 'b', 'c'].map((key) => email('sub_1', { key, at: TRIAL_END }));
    const unpublished = await asActivity(activities.publish, { change, emails });
    expect(saved).toEqual(['sub_1']);
    expect(unpublished).toEqual({ emails: ['b'] });
  });

  it('begins no mail that could outlast the activity, which would be tried again beside it', async () => {
    vi.useFakeTimers();
    try {
      // As slow as a table and a mail server may be.
      const slow = { save: 3000, first: 4900, last: 12_000 };
      const begun: number[] = [];
      const start = Date.now();
      const activities = createPublishActivities(
        () => sleep(slow.save),
        ({ key }) => {
          begun.push(Date.now() - start);
          return sleep(key === 'a' ? slow.first : slow.last);
        },
        { tell: () => Promise.resolve(true), catchUp: () => Promise.resolve() },
      );
      const change = { projection: { id: 'sub_1' }, timeline: [] } as never;
      const emails = ['a', 'b'].map((key) => email('sub_1', { key, at: TRIAL_END }));
      const published = asActivity(activities.publish, { change, emails });
      await vi.runAllTimersAsync();
      await published;
      expect(begun).toEqual([slow.save]);
    } finally {
      vi.useRealTimers();
    }
  });
});
