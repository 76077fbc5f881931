import type { JobView } from '../../workflows/domain/jobs.ts';
import { until } from '../until.ts';
import type { Scenario, Story } from './scenario.ts';

const PATH = '/api/approvals';

/** On the wall clock, which for a time to decide of days is six seconds here. */
export const approval: Scenario = {
  title:
    'a refund above the limit: the first approver is silent, the second one approves by the link',
  async play(story) {
    story.about(story.id.replace('sub_', 'apr_'));
    await story.client.postEvent('approval.requested', story.id, {
      summary: 'Refund of a year that was not used',
      approver: { id: 'ann', email: 'ann@example.com', name: 'Ann' },
      escalateTo: { id: 'bob', email: 'bob@example.com', name: 'Bob', locale: 'de' },
      limit: 'PT6S',
      escalationLimit: 'PT1H',
      requester: { id: 'cus_1', email: 'eve@example.com' },
      action: {
        type: 'refund',
        subscription: 'sub_1',
        amount: { amount: 19_000, currency: 'usd' },
      },
    });
    story.incoming(Date.now(), 'approval.requested', 'with six seconds to decide');
    await reaches(story, 'requested', 'ann@example.com');
    await reaches(story, 'escalated', 'bob@example.com');

    const [asked] = (await story.client.emails(story.id)).filter(({ to }) => /bob/.test(to));
    const link = /https?:\S+\/approve\/\S+/.exec(asked!.text)![0];
    story.incoming(Date.now(), 'Bob opens the link', `answered ${(await fetch(link)).status}`);
    const body = new URLSearchParams({ decision: 'approve' });
    const { status } = await fetch(link, { method: 'POST', body });
    story.incoming(Date.now(), 'Bob presses the button', `answered ${status}`);
    await reaches(story, 'approved', 'eve@example.com');

    const late = { decision: 'rejected', by: 'ann', reason: 'too much' };
    await story.client.postEvent('approval.decided', story.id, late);
    story.incoming(Date.now(), 'approval.decided', 'Ann is against it, too late');
    await until('the note', async () => {
      const { timeline } = await find(story);
      return timeline.some(({ type }) => type === 'decision_ignored');
    });
    await story.tellJob(PATH);
    await story.expectEmails(
      'approval_requested',
      'approval_reminder',
      'approval_requested',
      'approval_decided',
    );
  },
};

const find = async ({ client, id }: Story): Promise<JobView & { timeline: { type: string }[] }> =>
  (await client.call<JobView & { timeline: { type: string }[] }>('GET', `${PATH}/${id}`)).body;

/** Waits for a status and for the mail that it sends to somebody, and tells. */
async function reaches(story: Story, status: string, to: string): Promise<void> {
  await until(`${story.id}: ${status}`, async () => {
    const emails = await story.client.emails(story.id);
    return emails.some((email) => email.to === to) && (await find(story)).status === status;
  });
  await story.tellJob(PATH);
}
