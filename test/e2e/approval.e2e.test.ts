import { describe, expect, it } from 'vitest';

import { until } from '../../local/until.ts';
import type { JobLine, JobView } from '../../workflows/domain/jobs.ts';
import { launchBrowser } from '../support/browser.ts';
import { client, uniqueId } from '../support/stack.ts';

type Found = JobView & { timeline: JobLine[] };

const data = (more: object = {}) => ({
  summary: 'Refund <i>of</i> a year',
  approver: { id: 'ann', email: 'ann@example.com', name: 'Ann' },
  requester: { id: 'cus_1', email: 'eve@example.com' },
  action: { type: 'refund', subscription: 'sub_1', amount: { amount: 19_000, currency: 'usd' } },
  ...more,
});

const find = async (id: string): Promise<Found | undefined> => {
  const { status, body } = await client().call<Found>('GET', `/api/approvals/${id}`);
  return status === 200 ? body : undefined;
};

const settled = (id: string, what: string, isRight: (found: Found) => boolean): Promise<Found> =>
  until(`${id}: ${what}`, async () => {
    const found = await find(id);
    return found && isRight(found) && found;
  });

/** Somebody is asked by the API; answers with the id, and the link in the e-mail. */
async function ask(name: string, more: object = {}): Promise<{ id: string; link: string }> {
  const id = uniqueId(name).replace('sub_', 'apr_');
  const begun = await client().call('POST', '/api/approvals', data(more), {
    'idempotency-key': id,
  });
  expect(begun).toMatchObject({ status: 202, body: { id } });
  const [email] = await until('the mail', async () => {
    const emails = await client().emails(id);
    return emails.length > 0 && emails;
  });
  expect(email).toMatchObject({ type: 'approval_requested', to: 'ann@example.com' });
  return { id, link: /https?:\S+\/approve\/\S+/.exec(email!.text)![0] };
}

const decide = (id: string, name: string, body: object) =>
  client().call<{ detail: string }>('POST', `/api/approvals/${id}/${name}`, body);

describe('the page of the link', () => {
  it('approves in a browser, which lets nothing of it through but its style', async () => {
    const { id, link } = await ask('browser');
    // What scanners of mail do.
    for (const method of ['GET', 'GET']) expect((await fetch(link, { method })).status).toBe(200);
    await using browser = await launchBrowser();
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(link);
    expect(await page.locator('dd').first().textContent()).toBe('Refund <i>of</i> a year');
    expect((await find(id))?.status).toBe('requested');
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('heading', { name: 'This was approved' }).waitFor();
    const font = await page.evaluate<string>('getComputedStyle(document.body).fontFamily');
    expect([font, complaints]).toEqual(['system-ui, sans-serif', []]);
    await page.goto(link);
    await page.getByRole('heading', { name: 'This was approved' }).waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    expect(await find(id)).toMatchObject({
      status: 'approved',
      decision: { by: 'ann' },
      outcome: 'noted',
    });
  });

  it('rejects in a browser once it has a reason, which who asked is told', async () => {
    const { id, link } = await ask('reject');
    await using browser = await launchBrowser();
    const page = await browser.newPage();
    await page.goto(link);
    await page.getByRole('button', { name: 'Reject' }).click();
    expect(await page.getByRole('heading').textContent()).toBe('Your decision is needed');
    await page.getByLabel('Reason for a rejection').fill('Not\nthis <year>');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'This was rejected' }).waitFor();
    await settled(id, 'rejected', ({ decision }) =>
      Boolean(decision && (decision as { reason: string }).reason === 'Not\nthis <year>'),
    );
    const told = (await client().emails(id)).find(({ type }) => type === 'approval_decided');
    expect(told).toMatchObject({ to: 'eve@example.com' });
    expect(told?.text).toContain('this <year>');
  });

  it('does nothing when the link has been altered', async () => {
    const { id, link } = await ask('altered');
    const body = new URLSearchParams({ decision: 'approve' });
    expect((await fetch(`${link}x`, { method: 'POST', body })).status).toBe(400);
    expect((await find(id))?.status).toBe('requested');
  });
});

describe('by the API', () => {
  it('the first decision counts, and a second one is refused with the reason', async () => {
    const { id, link } = await ask('api', { approvers: ['cy'] });
    expect(await decide(id, 'approve', { by: 'mallory' })).toMatchObject({
      status: 409,
      body: { detail: 'mallory is not among those who may decide.' },
    });
    expect(await decide(id, 'approve', { by: 'cy' })).toMatchObject({
      status: 200,
      body: { status: 'approved', decision: { by: 'cy' } },
    });
    const second = await decide(id, 'reject', { by: 'ann', reason: 'no' });
    expect(second.status).toBe(409);
    expect(second.body.detail).toContain('already ended (approved)');
    const body = new URLSearchParams({ decision: 'reject', reason: 'no' });
    const page = await fetch(link, { method: 'POST', body });
    expect(page.status).toBe(409);
    expect(await page.text()).toContain('cy decided on');
    await client().postEvent('approval.decided', id, {
      decision: 'rejected',
      by: 'ann',
      reason: 'no',
    });
    const { timeline, status } = await settled(id, 'the note', (found) =>
      found.timeline.some(({ type }) => type === 'decision_ignored'),
    );
    expect(status).toBe('approved');
    expect(timeline.at(-1)).toMatchObject({ by: 'ann', ignored: expect.any(String) as string });
    const { body: list } = await client().call<{ items: JobView[] }>(
      'GET',
      '/api/approvals?status=approved&limit=100',
    );
    expect(list.items.map((item) => item.id)).toContain(id);
  });

  it.each([
    ['who decides', { approver: undefined }, 'approver'],
    ['an address for an id', { approver: { id: 'a@b.c', email: 'a@b.c' } }, 'approver.id'],
    ['no time', { limit: 'PT0S' }, 'limit'],
    ['no duration', { limit: 'two days' }, 'limit'],
    ['the same one twice', { escalateTo: { id: 'ann', email: 'x@y.de' } }, 'escalateTo.id'],
    [
      'no amount',
      {
        action: { type: 'refund', subscription: 'sub_1', amount: { amount: 0, currency: 'usd' } },
      },
      'action.amount.amount',
    ],
  ])('a request that does not say %s is refused', async (_, wrong, path) => {
    const answer = await client().call<{ detail: string }>('POST', '/api/approvals', data(wrong));
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toContain(`${path}:`);
  });

  it('a decision has to say whose it is, and a rejection why', async () => {
    const { id } = await ask('bad');
    expect((await decide(id, 'approve', {})).status).toBe(422);
    expect((await decide(id, 'reject', { by: 'ann' })).status).toBe(422);
    expect((await decide('apr_none', 'approve', { by: 'ann' })).status).toBe(404);
  });
});

it('a short limit is reminded of, and expires', async () => {
  const { id, link } = await ask('short', { limit: 'PT2S' });
  await settled(id, 'expired', ({ status }) => status === 'expired');
  await until('the mail', async () => (await client().emails(id)).length === 3);
  expect((await client().emails(id)).map(({ type }) => type)).toEqual([
    'approval_requested',
    'approval_reminder',
    'approval_decided',
  ]);
  expect((await fetch(link)).status).toBe(400);
  expect((await decide(id, 'approve', { by: 'ann' })).status).toBe(409);
});
