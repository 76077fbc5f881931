import { afterEach, describe, expect, it } from 'vitest';

import { STRIPE_EVENTS } from '../../functions/shared/stripe-events.ts';
import { checksFor } from '../../tools/doctor/checks.ts';
import { describe as print, examine, type Finding } from '../../tools/doctor/findings.ts';
import { judgeTable } from '../../tools/doctor/infrastructure.ts';
import { judgeKey } from '../../tools/doctor/key.ts';
import { findOwnEmails } from '../../tools/doctor/own-emails.ts';
import { judgeEndpoint } from '../../tools/doctor/webhook.ts';
import { connectStripe } from '../../tools/stripe.ts';
import { useProvider } from '../support/provider.ts';
import { useTable } from '../support/table.ts';

const provider = useProvider();
const table = useTable();
const stripe = (key = 'rk_live_x') => connectStripe(key, provider.url);
afterEach(() => {
  for (const name of Object.keys(provider.traces)) {
    delete provider.traces[name as keyof typeof provider.traces];
  }
});

const levels = (findings: Finding[]): string[] => findings.map(({ level }) => level);

describe('a key', () => {
  it.each([
    ['rk_live_abc', undefined, ['ok']],
    ['sk_test_abc', undefined, ['ok']],
    ['sk_live_abc', undefined, ['warn']],
    ['rk_test_abc', 'live', ['error']],
    ['rk_live_abc', 'test', ['error']],
    ['pk_live_abc', undefined, ['error']],
    ['hunter2', undefined, ['error']],
  ] as const)('%s, where %s is expected: %j', (key, expected, result) => {
    const findings = judgeKey(key, expected);
    expect(levels(findings)).toEqual(result);
    expect(JSON.stringify(findings)).not.toMatch(/abc|hunter2/);
  });
});

describe("Stripe's own e-mails", () => {
  const charge = (more: object) => ({
    id: 'ch',
    receipt_email: null,
    receipt_number: null,
    ...more,
  });

  it('are certain where charges have the number of a receipt', async () => {
    provider.traces.charges = [charge({ receipt_number: '1-2' }), charge({})];
    const [found] = await findOwnEmails(stripe(), 'live');
    expect(found).toMatchObject({ level: 'warn', what: "Stripe's receipts" });
    expect(found!.says).toMatch(/certainly: 1 of the last 2/);
    expect(found!.advice).toContain('Customer emails');
  });

  it('are probable where charges name an address, which is not repeated', async () => {
    provider.traces.charges = [charge({ receipt_email: 'ada@example.com' })];
    const findings = await findOwnEmails(stripe(), 'live');
    expect(findings[0]!.says).toMatch(/probably: 1 of the last 1/);
    expect(JSON.stringify(findings)).not.toContain('ada@');
  });

  it('are certain where invoices were sent, and probable where they are to be', async () => {
    provider.traces.events = [{ type: 'invoice.sent' }, { type: 'invoice.paid' }];
    provider.traces.invoices = [{ id: 'in_1' }];
    const findings = await findOwnEmails(stripe(), 'live');
    expect(findings.map(({ says }) => says)).toEqual([
      expect.stringMatching(/certainly: 1 in/),
      expect.stringMatching(/probably: 1 are collected/),
      expect.stringMatching(/leave no trace/),
    ]);
  });

  it('that have left no trace are not said to be off', async () => {
    const [live, reminders] = await findOwnEmails(stripe(), 'live');
    expect(live!.says).toContain('does not prove much');
    expect(reminders!.level).toBe('warn');
    const [test] = await findOwnEmails(stripe(), 'test');
    expect(test!.says).toContain('none in test mode');
  });
});

describe('a webhook endpoint', () => {
  const endpoint = (more: object = {}) => ({
    id: 'we_1',
    url: 'https://billing.acme.example/webhooks/stripe',
    status: 'enabled',
    enabled_events: Object.keys(STRIPE_EVENTS),
    api_version: '2026-09-30.endive',
    ...more,
  });
  const judge = (...endpoints: object[]): Promise<Finding[]> => {
    provider.traces.endpoints = endpoints;
    return judgeEndpoint(stripe(), 'https://billing.acme.example/');
  };

  it.each([
    [endpoint(), ['ok']],
    [endpoint({ enabled_events: ['*'] }), ['ok']],
    [endpoint({ enabled_events: ['invoice.paid'] }), ['error']],
    [endpoint({ status: 'disabled' }), ['error']],
    [endpoint({ api_version: null }), ['warn']],
    [endpoint({ api_version: '2099-01-01.future' }), ['warn']],
    [endpoint({ url: 'https://elsewhere.example/webhooks/stripe' }), ['warn']],
  ])('%j: %j', async (which, result) => {
    expect(levels(await judge(which))).toEqual(result);
  });

  it('is told which types it lacks', async () => {
    const [, ...rest] = Object.keys(STRIPE_EVENTS);
    const [found] = await judge(endpoint({ enabled_events: rest }));
    expect(found!.says).toBe(`does not send ${Object.keys(STRIPE_EVENTS)[0]}`);
  });
});

describe('the table', () => {
  it('is there with its indexes, or it is an error', async () => {
    expect(levels(await judgeTable(table.name))).toEqual(['ok']);
    const checks = [{ what: 'TABLE_NAME', run: () => judgeTable('elsewhere') }];
    expect(levels(await examine(checks))).toEqual(['error']);
  });
});

describe('an examination', () => {
  it('of nothing names every variable, and of what does not answer says so without the key', async () => {
    const nothing = await examine(checksFor({ TEMPORAL_ADDRESS: '127.0.0.1:1' }, undefined));
    expect(levels(nothing)).toEqual(nothing.map(() => 'error'));
    const text = print(nothing).join('\n');
    for (const name of ['STRIPE_API_KEY', 'TABLE_NAME', 'QUEUE_URL', 'DEAD_LETTER_QUEUE_URL']) {
      expect(text).toContain(`${name}: is not set`);
    }
    const environment = {
      STRIPE_API_KEY: 'rk_live_secret',
      STRIPE_API_BASE: 'http://127.0.0.1:1',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    };
    const away = print(await examine(checksFor(environment, undefined))).join('\n');
    expect(away).toContain('webhook endpoint: Stripe does not answer');
    expect(away).not.toContain('secret');
  });

  it('ends with a count, and needs no colour', () => {
    const lines = print([
      { level: 'ok', what: 'a', says: 'is well' },
      { level: 'warn', what: 'b', says: 'is odd', advice: 'Look.' },
    ]);
    expect(lines).toEqual([
      'ok     a: is well',
      'warn   b: is odd',
      '       → Look.',
      '0 errors, 1 warning',
    ]);
  });
});
