import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { readConfig } from '../../local/config.ts';
import { subscriptionEvent } from '../../local/stripe-events.ts';
import { readConfig as readImportConfig } from '../../tools/import/config.ts';
import { runImport } from '../../tools/import/run.ts';
import { beginTrial, client, DAY, iso, nowMs, uniqueId, useStack } from '../support/stack.ts';

const stack = useStack({ config: readConfig({ PORT: '5100', SHADOW: 'true' }) });

/** A tool in a process of its own, as somebody at a terminal runs it. */
const tool = async (name: string, ...args: string[]): Promise<string> => {
  const { port } = new URL(stack().url);
  const env = { ...process.env, PORT: port };
  const command = [`tools/${name}/main.ts`, '--local', ...args];
  return (await promisify(execFile)(process.execPath, command, { env })).stdout;
};

/** What the stack says of itself. */
const stackEnvironment = async () =>
  (await client().call<Record<string, string>>('GET', '/api/environment')).body;

describe('the tools on this machine', () => {
  it('find nothing wrong with the stack, in a pipe and without colour', async () => {
    const report = await tool('doctor', '--expect', 'test');
    const lines = report.trimEnd().split('\n');
    expect(lines.filter((line) => /^(warn|error)/.test(line))).toEqual([
      expect.stringContaining("Stripe's reminders"),
    ]);
    expect(lines.filter((line) => line.startsWith('ok')).length).toBe(7);
    expect(lines.at(-1)).toBe('0 errors, 1 warning');
    expect(report).not.toContain('perennial_local');
    expect(report).not.toContain('\u001b');
  });
});

describe('a shadow', () => {
  it('takes over what is at Stripe as it stands there, without a word', async () => {
    const id = uniqueId('at_stripe');
    const start = nowMs() - 12 * DAY;
    const trial = { trialStart: start, trialEnd: start + 14 * DAY };
    const event = subscriptionEvent('customer.subscription.created', {
      id,
      status: 'trialing',
      created: start,
      ...trial,
    });
    await stack().provider.observe(JSON.stringify(event));
    const environment = await stackEnvironment();
    const options = {
      source: 'stripe',
      config: readImportConfig(environment, stack().url),
      now: iso(Date.now()),
      partial: false,
      say: () => undefined,
      mutter: () => undefined,
    };
    expect(await runImport({ ...options, apply: false })).toBe(0);
    expect(await client().subscription(id)).toBeUndefined();
    try {
      expect(await runImport({ ...options, apply: true })).toBe(0);
    } finally {
      rmSync('stripe.progress', { force: true });
    }
    const record = await client().settled(id, 'trialing', ({ status }) => status === 'trialing');
    expect(record).toMatchObject({ collection: 'provider', trialEnd: iso(trial.trialEnd) });
    expect(record.timeline.map(({ type }) => type)).toEqual(['imported']);
  });

  it('lives the whole life, and nobody outside hears of it', async () => {
    const id = uniqueId('shadow');
    const { start, end } = await beginTrial(client(), id);
    await client().clock(id, { to: iso(end) });
    const record = await client().settled(id, 'active', ({ status }) => status === 'active');
    const emails = record.timeline.filter(({ type }) => type === 'email');
    expect(emails.map(({ email, status }) => `${String(email)} ${String(status)}`)).toEqual([
      'welcome shadow',
      'trial_ending shadow',
      'trial_ending shadow',
      'converted shadow',
    ]);
    expect(await client().emails(id)).toEqual([]);
    expect(stack().bus.events(id)).toEqual([]);
    const charges = await stack().provider.charges();
    expect(charges.filter(({ subscription }) => subscription === id)).toEqual([]);

    const report = await tool('shadow-report', '--from', iso(start - 1000), '--to', iso(end));
    const lines = report.split('\n').filter((line) => line.includes(id));
    expect(lines.filter((line) => line.includes(',email,'))).toHaveLength(4);
    expect(lines.filter((line) => line.includes(',charge,'))).toHaveLength(1);
    expect(report).not.toContain('@example.com');
  });
});
