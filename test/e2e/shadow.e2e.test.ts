import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { readConfig } from '../../local/config.ts';
import { beginTrial, client, iso, uniqueId, useStack } from '../support/stack.ts';

const stack = useStack({ config: readConfig({ PORT: '5100', SHADOW: 'true' }) });

/** A tool in a process of its own, as somebody at a terminal runs it. */
const tool = async (name: string, ...args: string[]): Promise<string> => {
  const { port } = new URL(stack().url);
  const env = { ...process.env, PORT: port };
  const command = [`tools/${name}/main.ts`, '--local', ...args];
  return (await promisify(execFile)(process.execPath, command, { env })).stdout;
};

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
