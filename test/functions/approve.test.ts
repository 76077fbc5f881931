import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { createApprove } from '../../functions/handlers/approve.ts';
import { HttpError, type HttpResult } from '../../functions/shared/http.ts';
import type { UpdateRequest } from '../../functions/shared/update.ts';
import { createDecisionLink } from '../../worker/email/decision-link.ts';
import { signedLink } from '../../worker/email/signed-link.ts';
import { begin, settle, viewOf, whatIsDue } from '../../workflows/domain/approval.ts';
import { addDuration } from '../../workflows/domain/time.ts';
import { T0 } from '../support/fixtures.ts';
import { httpEvent } from '../support/http-event.ts';

const LINKS = { publicUrl: 'https://acme.example/billing', secret: 'the secret of the links' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const APPROVE = 'decision=approve';
const REJECT = 'decision=reject&reason=';

const begun = begin(
  {
    id: 'apr_1',
    requestedAt: T0,
    summary: 'Refund <b>of</b> "a year" & more',
    approver: { id: 'ann', email: 'ann@example.com' },
    escalateTo: { id: 'bob', email: 'bob@example.com' },
    action: { type: 'refund', subscription: 'sub_1', amount: { amount: 19_000, currency: 'usd' } },
  },
  T0,
);

/** As the worker puts it into the e-mail. */
const pathFor = (secret = LINKS.secret): string =>
  new URL(createDecisionLink({ ...LINKS, secret })(begun.emails[0]!)!).pathname;

function setup({
  state = begun.state,
  now = addDuration(T0, 'PT1H'),
  refuses,
  isKnown = true,
}: {
  state?: typeof begun.state;
  now?: string;
  refuses?: HttpError;
  isKnown?: boolean;
} = {}) {
  const updates: UpdateRequest[] = [];
  let current = state;
  const call = createApprove({
    jobs: {
      find: (kind, id) =>
        Promise.resolve(
          isKnown && kind === 'approval' && id === 'apr_1'
            ? { ...viewOf(current), timeline: [] }
            : undefined,
        ),
    },
    update: (request) => {
      updates.push(request);
      if (refuses) return Promise.reject(refuses);
      const decision = request.name === 'approve' ? 'approved' : 'rejected';
      current = settle(current, { decision, ...(request.request as { by: string }) }, now).state;
      return Promise.resolve();
    },
    secrets: () => Promise.resolve([LINKS.secret, 'an old secret of the links']),
    now: () => now,
  });
  const get = (path = pathFor()): Promise<HttpResult> => {
    const event = httpEvent(path, '');
    event.requestContext.http.method = 'GET';
    return call(event);
  };
  const post = (body: string, path = pathFor()) => call(httpEvent(path, body, FORM));
  return { get, post, updates };
}

const isPage = ({ headers, body }: HttpResult): void => {
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  const policy = String(headers?.['content-security-policy']);
  expect(policy).toMatch(/^default-src 'none'; .*form-action 'self'.*frame-ancestors 'none'/);
  const [, style = ''] = /<style>([\s\S]*)<\/style>/.exec(body!)!;
  expect(policy).toContain(createHash('sha256').update(style).digest('base64'));
  expect(body).toMatch(/<main>\n<h1>[^<]+<\/h1>/);
  expect(body).not.toMatch(/<script|https?:|style=|undefined|<b>|ann@/);
};

describe('opening the link', () => {
  it('shows what is asked, as text, and how to answer, and decides nothing', async () => {
    const { get, updates } = setup();
    const result = await get();
    expect(result.statusCode).toBe(200);
    isPage(result);
    expect(result.body).toContain('Refund &lt;b&gt;of&lt;/b&gt; &quot;a year&quot; &amp; more');
    expect(result.body).toContain('Refund of $190.00 for sub_1');
    expect(result.body!.match(/<form method="post">/g)).toHaveLength(2);
    expect(result.body).toContain('<label for="reason">');
    expect(updates).toEqual([]);
  });

  it('after the decision shows what was decided', async () => {
    const decision = { decision: 'rejected', by: 'bob', reason: 'too <much>' } as const;
    const { state } = settle(begun.state, decision, addDuration(T0, 'PT30M'));
    const result = await setup({ state }).get();
    expect(result.statusCode).toBe(200);
    isPage(result);
    expect(result.body).toContain('This was rejected');
    expect(result.body).toContain('bob decided on');
    expect(result.body).toContain('too &lt;much&gt;');
    expect(result.body).not.toContain('<form');
  });

  it('after the end says that it is over', async () => {
    const escalated = whatIsDue(begun.state, addDuration(T0, 'PT48H')).state;
    const { state } = whatIsDue(escalated, addDuration(T0, 'PT96H'));
    expect((await setup({ state }).get()).body).toContain('Nobody decided in time');
  });
});

describe('posting', () => {
  it.each([
    ['approves', APPROVE, 'approve', {}, 'This was approved'],
    ['ignores a reason for it', `${APPROVE}&reason=x`, 'approve', {}, 'This was approved'],
    [
      'rejects with the reason',
      `${REJECT}${encodeURIComponent(' not\r\nthis year ')}`,
      'reject',
      { reason: 'not\nthis year' },
      'This was rejected',
    ],
  ])('%s in the name of the one who was asked', async (_, body, name, more, title) => {
    const { post, updates } = setup();
    const result = await post(body);
    expect(result.statusCode).toBe(200);
    isPage(result);
    expect(result.body).toContain(title);
    expect(result.body).toContain('You decided on');
    expect(updates).toMatchObject([
      { workflow: 'approval:apr_1', name, request: { by: 'ann', ...more } },
    ]);
  });

  it('twice is the same, and says so again', async () => {
    const { post, updates } = setup();
    await post(APPROVE);
    expect((await post(APPROVE)).statusCode).toBe(200);
    expect(updates).toHaveLength(1);
  });

  it('the contrary of what stands is answered with what stands', async () => {
    const { post } = setup();
    await post(APPROVE);
    const result = await post(`${REJECT}no`);
    expect(result.statusCode).toBe(409);
    isPage(result);
    expect(result.body).toContain('This was approved');
    expect(result.body).toContain('too late to count');
  });

  it.each([
    ['', 'Please say why.'],
    ['x'.repeat(501), 'no more than 500 characters'],
  ])('a rejection with a wrong reason asks again, with what was written', async (text, problem) => {
    const { post, updates } = setup();
    const result = await post(`${REJECT}${text}`);
    expect(result.statusCode).toBe(422);
    isPage(result);
    expect(result.body).toContain(problem);
    expect(result.body).toContain(`aria-describedby="reason-problem">${text}</textarea>`);
    expect(updates).toEqual([]);
  });

  it.each([
    ['nothing', '', 422],
    ['something else', 'decision=maybe', 422],
    ['a lot', `${REJECT}${'x'.repeat(17_000)}`, 413],
  ])('%s decides nothing', async (_, body, status) => {
    const { post, updates } = setup();
    const result = await post(body);
    expect(result.statusCode).toBe(status);
    isPage(result);
    expect(updates).toEqual([]);
  });

  it('is to come again while Temporal cannot be reached', async () => {
    const result = await setup({ refuses: new HttpError(503, 'Not now.') }).post(APPROVE);
    expect(result).toMatchObject({ statusCode: 503, headers: { 'retry-after': '60' } });
    isPage(result);
  });
});

describe('a link that does not count', () => {
  const right = pathFor();
  const [payload, signature] = right.slice('/billing/approve/'.length).split('.') as [
    string,
    string,
  ];
  const expiry = addDuration(T0, 'P4D');
  const other = new URL(signedLink(LINKS, 'approve', ['apr_2', 'ann', expiry])).pathname;
  const otherPurpose = new URL(signedLink(LINKS, 'unsubscribe', ['apr_1', 'ann', expiry])).pathname;
  it.each([
    ['signed with another secret', pathFor('a secret of somebody else')],
    ['of another approval', `${other.split('.')[0]}.${signature}`],
    ['signed for another purpose', otherPurpose.replace('unsubscribe', 'approve')],
    ['cut off', right.slice(0, -1)],
    ['with something after it', `${right}A`],
    ['without a signature', `/approve/${payload}.`],
    ['that says something else', new URL(signedLink(LINKS, 'approve', ['apr_1'])).pathname],
  ])('(%s) is refused, to be read and to be posted to', async (_, path) => {
    const { get, post, updates } = setup();
    for (const result of [await get(path), await post(APPROVE, path)]) {
      expect(result.statusCode).toBe(400);
      isPage(result);
      expect(result.body).toContain('This link is not valid');
    }
    expect(updates).toEqual([]);
  });

  it('has expired with the time to decide', async () => {
    const { get, post, updates } = setup({ now: expiry });
    for (const result of [await get(), await post(APPROVE)]) {
      expect(result.statusCode).toBe(400);
      isPage(result);
      expect(result.body).toContain('This link has expired');
    }
    expect(updates).toEqual([]);
  });

  it('is of nothing that we know', async () => {
    const result = await setup({ isKnown: false }).get();
    expect(result.statusCode).toBe(404);
    isPage(result);
  });
});
