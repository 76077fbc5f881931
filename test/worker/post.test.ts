import { describe, expect, it } from 'vitest';

import { createPublishActivities } from '../../worker/activities/publish.ts';
import { createLedger } from '../../worker/email/ledger.ts';
import { createPost, type Post } from '../../worker/email/post.ts';
import type { Message, Transport } from '../../worker/email/transport.ts';
import type { Email } from '../../workflows/domain/emails.ts';
import { asActivity } from '../support/activity.ts';
import { active, T0, TRIAL_END } from '../support/fixtures.ts';
import { useTable } from '../support/table.ts';

const table = useTable();

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
    from: 'Acme <billing@acme.example>',
    branding: { product: 'Acme', manageUrl: 'https://acme.example/account?id={id}' },
  });
  const post: Post = (mail) => asActivity(send, mail);
  const row = async (subscription: string) => (await table.rows(subscription, 'EMAIL#'))[0];
  return { post, sent, row };
}

const failure = (fields: object): Error => Object.assign(new Error('no'), fields);
const throttled = failure({ name: 'TooManyRequestsException', $metadata: { httpStatusCode: 429 } });
const silent = failure({ code: 'ETIMEDOUT' });

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

describe('publishing', () => {
  it('records the change although mail cannot go out, and says which mail waits', async () => {
    const saved: string[] = [];
    const activities = createPublishActivities(
      (change) => {
        saved.push(change.projection.id);
        return Promise.resolve();
      },
      (mail) => (mail.key === 'b' ? Promise.reject(throttled) : Promise.resolve()),
    );
    const change = { projection: { id: 'sub_1' }, timeline: [] } as never;
    const emails = ['a', 'b', 'c'].map((key) => email('sub_1', { key, at: TRIAL_END }));
    const unsent = await asActivity((what) => activities.publish(what), { change, emails });
    expect(saved).toEqual(['sub_1']);
    expect(unsent).toEqual(['b']);
  });
});
