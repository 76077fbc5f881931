import { describe, expect, it } from 'vitest';

import { StackClient } from '../../local/client.ts';
import { LOCAL_SECRETS } from '../../local/config.ts';
import { createUnsubscribeLink } from '../../worker/email/unsubscribe-link.ts';
import { launchBrowser } from '../support/browser.ts';
import { bounceEvent, snsEvent, tagsOf } from '../support/ses-events.ts';
import { beginTrial, uniqueId, useStack } from '../support/stack.ts';

const stack = useStack();
const client = (): StackClient => new StackClient(stack().url);

const customerOf = (id: string) => ({ id: `cus_${id}`, email: `${id}@example.com`, name: 'Eve' });

const linkFor = (id: string): string =>
  createUnsubscribeLink({ publicUrl: stack().url, secret: LOCAL_SECRETS.link })({
    subscription: id,
    to: customerOf(id),
  });

/** As a mail program posts for its user: no origin, no cookie. */
const oneClick = (url: string): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'List-Unsubscribe=One-Click',
  });

describe('one click on a link of promotional mail', () => {
  it('withdraws the consent, and looking at it does not', async () => {
    const id = uniqueId('unsubscribe');
    await beginTrial(client(), id, { customer: { ...customerOf(id), marketing: true } });
    const page = await fetch(linkFor(id));
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain(`default-src 'none'`);
    expect(await page.text()).toContain('<form method="post">');
    expect((await oneClick(linkFor(id))).status).toBe(200);
    const { timeline } = await client().settled(id, 'the consent is withdrawn', (found) =>
      found.timeline.some(({ type }) => type === 'unsubscribed'),
    );
    expect(timeline.filter(({ type }) => type === 'unsubscribed')).toHaveLength(1);
  });

  it('is as easy in a browser, which lets nothing of the page through but its style', async () => {
    await using browser = await launchBrowser();
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    await page.goto(linkFor(uniqueId('browser')));
    await page.getByRole('button', { name: 'Unsubscribe' }).click();
    await page.getByRole('heading', { name: 'You are unsubscribed' }).waitFor();
    const font = await page.evaluate<string>('getComputedStyle(document.body).fontFamily');
    expect([font, complaints]).toEqual(['system-ui, sans-serif', []]);
  });

  it('does nothing when the link has been altered', async () => {
    const url = linkFor(uniqueId('altered'));
    expect((await oneClick(`${url}x`)).status).toBe(400);
    expect((await fetch(`${url}x`)).status).toBe(400);
  });
});

describe('a permanent bounce', () => {
  it('shows in the timeline, and keeps the next e-mail from going out', async () => {
    const id = uniqueId('bounce');
    await beginTrial(client(), id, { customer: customerOf(id) });
    const bounce = bounceEvent({
      feedbackId: `feedback-${id}`,
      recipients: [customerOf(id).email],
      tags: tagsOf(id, 'welcome'),
    });
    const { 'email-feedback': feedback } = stack().functions;
    await feedback.invoke(snsEvent(bounce));
    await feedback.invoke(snsEvent(bounce));
    const noted = await client().settled(id, 'the bounce is noted', (found) =>
      found.timeline.some(({ type }) => type === 'email_feedback'),
    );
    expect(noted.timeline.filter(({ type }) => type === 'email_feedback')).toMatchObject([
      { feedback: { kind: 'bounce', isPermanent: true, emailType: 'welcome' } },
    ]);
    await client().clock(id, { toNext: true });
    const reminded = await client().settled(id, 'the reminder is skipped', (found) =>
      found.timeline.some(({ email }) => email === 'trial_ending'),
    );
    expect(reminded.timeline.find(({ email }) => email === 'trial_ending')).toMatchObject({
      status: 'skipped',
      reason: 'suppressed: bounce',
    });
    expect((await client().emails(id)).map(({ type }) => type)).toEqual(['welcome']);
  });
});
