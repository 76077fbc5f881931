import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';

import { launchBrowser } from '../support/browser.ts';
import { beginTrial, client, uniqueId } from '../support/stack.ts';

let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  page = await browser.newPage();
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', ({ message }) => complaints.push(message));
});
afterAll(() => browser.close());

const url = (): string => inject('stackUrl');

describe('the dashboard', () => {
  it('shows a subscription, takes it through its trial, and shows its mail', async () => {
    const id = uniqueId('dashboard');
    await beginTrial(client(), id);
    await page.goto(`${url()}/?subscription=${id}`);
    await page.getByText('trialing, access granted').waitFor();
    await page.getByText('trial_reminder at').waitFor();
    await page.getByRole('button', { name: '+ 1 month' }).click();
    await page.getByText('active, access granted').waitFor();
    await page.getByText('activated').waitFor();
    const mails = await page.locator('#emails li').allTextContents();
    expect(mails.map((text) => /(\w+):/.exec(text.slice(16))?.[1])).toEqual([
      'welcome',
      'trial_ending',
      'trial_ending',
      'converted',
    ]);
    await page.getByRole('button', { name: /^welcome:/ }).click();
    const mail = page.frameLocator('#mail-body');
    await mail.getByRole('heading', { name: 'Welcome' }).waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Cancel now' }).click();
    await page.getByText('canceled, access revoked').waitFor();
    await page.getByRole('button', { name: 'Cancel now' }).click();
    await page
      .getByRole('alert')
      .getByText(/has ended|already/)
      .waitFor();
    expect(complaints.filter((text) => !text.includes('409'))).toEqual([]);
  });

  it('shows what is to come and what is owed, and takes both back', async () => {
    const id = uniqueId('dashboard-changes');
    await beginTrial(client(), id);
    const ask = (path: string, body: object) =>
      client().call('POST', `/api/subscriptions/${id}/${path}`, body);
    const fact = (name: string) =>
      page.locator('dt', { hasText: name }).locator('xpath=following-sibling::dd[1]');
    const button = (name: string) => page.getByRole('button', { name, exact: true });
    const press = (name: string) => button(name).click();
    await ask('end-trial', {});
    const mini = { id: 'mini', price: { amount: 500, currency: 'usd' }, interval: 'month' };
    const max = { id: 'max', price: { amount: 4900, currency: 'usd' }, interval: 'month' };
    await ask('change-plan', { plan: mini });
    await ask('change-plan', { plan: max, quantity: 2, atPeriodEnd: true });
    await page.goto(`${url()}/?subscription=${id}`);
    await page.getByText('mini, $5.00 every month, charged by Perennial').waitFor();
    await fact('Balance')
      .getByText(/^\$1[34]\.\d\d owed to the customer$/)
      .waitFor();
    await fact('Plan change').getByText('max, 2 × $49.00 every month, at').waitFor();
    await press('Keep the plan');
    await page.getByText('schedule_cancelled').waitFor();
    await press('Cancel at period end');
    await fact('Ends at').waitFor();
    expect(await button('Resume').isVisible()).toBe(false);
    await press('Undo the cancellation');
    await page.getByText('cancellation_reversed').first().waitFor();
    await press('Pause');
    await page.getByText('paused, access revoked').waitFor();
    await fact('Pause').getByText('until it is resumed').waitFor();
    await press('Resume');
    await page.getByText('active, access granted').waitFor();
    expect(await button('Resume').isVisible()).toBe(false);
    expect(await fact('Plan change').count()).toBe(0);
  });

  it('lists what there is, and goes from one to the other and back', async () => {
    const [first, second] = [uniqueId('list1'), uniqueId('list2')];
    await beginTrial(client(), first);
    await beginTrial(client(), second);
    await page.goto(`${url()}/?subscription=${first}`);
    await page.getByRole('heading', { name: first }).waitFor();
    await page.getByRole('link', { name: second }).click();
    await page.getByRole('heading', { name: second }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: first }).waitFor();
    await page.locator('#health', { hasText: 'ok' }).waitFor();
    expect(await page.locator('main').isVisible()).toBe(true);
  });

  it('says so when the subscription is not known', async () => {
    await page.goto(`${url()}/?subscription=sub_nobody`);
    await page.getByRole('alert').getByText('There is no subscription sub_nobody').waitFor();
    expect(await page.getByRole('heading', { name: 'sub_nobody' }).count()).toBe(0);
  });
});
