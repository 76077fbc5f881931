import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { LOCAL_SECRETS } from '../../local/config.ts';
import { stripeSubscription } from '../../local/stripe-events.ts';
import { readConfig } from '../../tools/import/config.ts';
import { createJudge, type Verdict } from '../../tools/import/judge.ts';
import { readRows } from '../../tools/import/rows.ts';
import { runImport } from '../../tools/import/run.ts';
import { sendAll } from '../../tools/import/send.ts';
import type { Policy } from '../../workflows/domain/policy.ts';
import { day, FIRST_PERIOD, T0, TRIAL_END } from '../support/fixtures.ts';
import { useProvider } from '../support/provider.ts';

const NOW = day(2);
const folder = mkdtempSync(join(tmpdir(), 'perennial-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const write = (text: string, ending = 'ndjson'): string => {
  const file = join(folder, `source${files++}.${ending}`);
  writeFileSync(file, text);
  return file;
};

const trial = {
  subscription: 'sub_1',
  status: 'trialing',
  customer: { id: 'cus_1', email: 'ada@example.com' },
  plan: { id: 'pro', price: { amount: 1900, currency: 'usd' }, interval: 'month' },
  paymentMethod: 'pm_card_visa',
  trialStart: T0,
  trialEnd: TRIAL_END,
};
const { trialStart: _start, trialEnd: _end, ...bare } = trial;
const paying = {
  ...bare,
  status: 'active',
  periodStart: FIRST_PERIOD.start,
  periodEnd: FIRST_PERIOD.end,
};

const ndjson = (...rows: object[]): string =>
  write(rows.map((row) => JSON.stringify(row)).join('\n'));

async function judged(
  file: string,
  { now = NOW, policy = {} }: { now?: string; policy?: Policy } = {},
): Promise<Verdict[]> {
  const judge = createJudge({ now, policy, isCsv: file.endsWith('.csv') });
  const verdicts: Verdict[] = [];
  for await (const row of readRows(file)) verdicts.push(judge(row));
  return verdicts;
}

describe('a row', () => {
  it('of a running trial says what comes next', async () => {
    const [verdict] = await judged(ndjson(trial));
    expect(verdict).toMatchObject({
      line: 1,
      kind: 'ready',
      warnings: [],
      state: { status: 'trialing' },
      next: { type: 'trial_reminder', at: day(7) },
    });
  });

  it('goes by the policy of the installation, and by its own before that', async () => {
    const policy = { trialReminders: ['P2D'] };
    expect(await judged(ndjson(trial), { policy })).toMatchObject([{ next: { at: day(12) } }]);
    const own = { ...trial, policy: { trialReminders: ['P1D'] } };
    expect(await judged(ndjson(own), { policy })).toMatchObject([{ next: { at: day(13) } }]);
  });

  it('of a paid period renews at its end', async () => {
    expect(await judged(ndjson(paying), { now: day(20) })).toMatchObject([
      { kind: 'ready', next: { type: 'renewal', at: FIRST_PERIOD.end } },
    ]);
  });

  it.each([
    ['an unknown currency', { plan: { ...trial.plan, price: { amount: 1, currency: 'USD' } } }],
    ['a negative amount', { plan: { ...trial.plan, price: { amount: -1, currency: 'usd' } } }],
    ['a broken amount', { plan: { ...trial.plan, price: { amount: 19.5, currency: 'usd' } } }],
    ['no end of its trial', { trialEnd: undefined }],
    ['a date without an offset', { trialEnd: '2026-12-04 10:00:00' }],
    ['a misspelt field', { cancel_at: TRIAL_END }],
    ['an address for an id', { subscription: 'ada@example.com' }],
    ['no id', { subscription: undefined }],
    ['a trial that is over', { trialEnd: day(1) }],
  ])('with %s is unusable, for a reason that names no address', async (_, more) => {
    const [verdict] = await judged(ndjson({ ...trial, ...more }));
    expect(verdict).toMatchObject({ kind: 'unusable', reason: expect.any(String) as string });
    expect(verdict).not.toHaveProperty('message');
    expect(JSON.stringify(verdict)).not.toContain('ada@');
  });

  it.each([{ status: 'canceled' }, { cancelAt: day(1) }])(
    'that has ended (%j) is left out, which is no mistake',
    async (more) => {
      expect(await judged(ndjson({ ...trial, ...more }))).toMatchObject([{ kind: 'skipped' }]);
    },
  );

  it('that comes twice is taken once', async () => {
    const [first, second] = await judged(ndjson(trial, paying));
    expect(first!.kind).toBe('ready');
    expect(second).toMatchObject({ kind: 'unusable', reason: 'it is in line 1 already' });
    expect(second).not.toHaveProperty('message');
  });

  it.each([
    [{ plan: { ...trial.plan, price: { amount: 19, currency: 'usd' } } }, /is the amount in cents/],
    [{ plan: { ...trial.plan, price: { amount: 0, currency: 'usd' } } }, /costs nothing/],
    [{ customer: { id: 'cus_1' } }, /gets no mail/],
    [{ paymentMethod: undefined }, /default at Stripe/],
  ])('with %j is ready with a warning', async (more, warning) => {
    const [verdict] = await judged(ndjson({ ...trial, ...more }));
    expect(verdict!.kind).toBe('ready');
    expect(verdict!.warnings.join()).toMatch(warning);
  });

  it('has an id of its content: the same for the same, another for another', async () => {
    const ids = async (row: object): Promise<string> => (await judged(ndjson(row)))[0]!.message!.id;
    const { plan, ...rest } = trial;
    expect(await ids({ plan, ...rest })).toBe(await ids(trial));
    expect(await ids({ ...trial, quantity: 2 })).not.toBe(await ids(trial));
  });

  it('that is no JSON object is unusable by itself', async () => {
    const verdicts = await judged(write(`{\n\n[1]\n${JSON.stringify(trial)}\n`));
    expect(verdicts.map(({ line, kind }) => [line, kind])).toEqual([
      [1, 'unusable'],
      [3, 'unusable'],
      [4, 'ready'],
    ]);
  });
});

it.each(['csv', 'ndjson'])('a file that is not there (.%s) is an error', async (ending) => {
  await expect(judged(join(folder, `nowhere.${ending}`))).rejects.toThrow('ENOENT');
});

describe('a CSV file', () => {
  const header =
    'subscription,status,customer_id,email,name,plan_id,amount,currency,interval,trial_start,trial_end,marketing';
  const line = `sub_1,trialing,cus_1,ada@example.com,"Lovelace, Ada",pro,1900,usd,month,${T0},${TRIAL_END},true`;

  it('says the same as JSON does', async () => {
    const [csv] = await judged(write(`\uFEFF${header}\r\n${line}\r\n`, 'csv'));
    const customer = { ...trial.customer, name: 'Lovelace, Ada', marketing: true };
    const { paymentMethod: _, ...same } = trial;
    const [json] = await judged(ndjson({ ...same, customer }));
    expect(csv).toMatchObject({ line: 2, kind: 'ready' });
    expect(csv!.message!.id).toBe(json!.message!.id);
  });

  it('is complained about by the names of its columns', async () => {
    const [verdict] = await judged(write(`${header}\n${line.replace('1900', '19.00')}`, 'csv'));
    expect(verdict!.reason).toMatch(/^amount: .*1900, not 19\.00/);
  });

  it.each([
    [`${header},cancelled_at`, /not known: cancelled_at/],
    [header.replace(',currency', ''), /lacks currency/],
    [`${header},email`, /twice/],
  ])('with the first line %s is not read', async (first, complaint) => {
    await expect(judged(write(`${first}\n`, 'csv'))).rejects.toThrow(complaint);
  });

  it('that is broken is not repeated', async () => {
    const file = write(`${header}\nsub_1,"ada@example.com\n`, 'csv');
    const failure = await judged(file).catch((error: unknown) => error as Error);
    expect((failure as Error).message).toMatch(/line \d+ is not CSV/);
    expect((failure as Error).message).not.toContain('ada@');
  });
});

/** A stack that takes everything, after it has answered a few times with something else. */
function stack() {
  const taken: string[] = [];
  const answers: number[] = [];
  const invalid: string[] = [];
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const status = answers.shift() ?? 200;
      try {
        new Webhook(LOCAL_SECRETS.webhook).verify(body, request.headers as Record<string, string>);
      } catch (error) {
        invalid.push(String(error));
      }
      if (status === 200) taken.push((JSON.parse(body) as { subject: string }).subject);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ detail: 'so it is' }));
    });
  });
  return { taken, answers, invalid, server };
}

describe('sending', () => {
  const { taken, answers, invalid, server } = stack();
  let config: ReturnType<typeof readConfig>;
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    config = readConfig({}, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  afterAll(() => void server.close());
  afterEach(() => {
    taken.length = 0;
    answers.length = 0;
  });

  const run = async (source: string, more: { apply?: boolean; partial?: boolean } = {}) => {
    const lines: string[] = [];
    const code = await runImport({
      source,
      config,
      now: NOW,
      apply: true,
      partial: false,
      say: (line) => lines.push(line),
      mutter: (line) => lines.push(line),
      ...more,
    });
    return { code, text: lines.join('\n') };
  };
  const many = (count: number): string =>
    ndjson(...Array.from({ length: count }, (_, i) => ({ ...trial, subscription: `sub_${i}` })));

  it('is not what a dry run does', async () => {
    const { code, text } = await run(many(2), { apply: false });
    expect(code).toBe(0);
    expect(taken).toEqual([]);
    expect(text).toContain('line 1  sub_0  ready  trialing, self, trial_reminder');
    expect(text).toMatch(/^ready +2$/m);
    expect(text).toContain('prices in usd: USD 19.00 to USD 19.00');
    expect(text).not.toContain('ada@example.com');
  });

  it('sends everything once, signed, and nothing again', async () => {
    const source = many(20);
    expect(await run(source)).toMatchObject({ code: 0 });
    expect(new Set(taken).size).toBe(20);
    const second = await run(source);
    expect(second.text).toContain('0 sent');
    expect(second.text).toContain('20 had been sent before');
    expect(taken).toHaveLength(20);
    expect(invalid).toEqual([]);
    expect(readFileSync(`${source}.progress`, 'utf8')).not.toContain('@');
  });

  it('goes on where it ended', async () => {
    const source = many(20);
    answers.push(200, 200, 200, 400);
    const first = await run(source);
    expect(first.code).toBe(1);
    expect(first.text).toContain('400 so it is');
    const before = taken.length;
    expect(before).toBeLessThan(20);
    expect(await run(source)).toMatchObject({ code: 0 });
    expect(taken).toHaveLength(20);
    expect(new Set(taken).size).toBe(20);
  });

  it('to another stack begins anew', async () => {
    const source = many(1);
    writeFileSync(`${source}.progress`, 'https://other.example import_x\n');
    await run(source);
    expect(taken).toEqual(['sub_0']);
  });

  it('of what is partly unusable sends nothing, unless told to', async () => {
    const source = ndjson(trial, { ...trial, subscription: 'sub_2', status: 'asleep' });
    expect(await run(source)).toMatchObject({ code: 1 });
    expect(taken).toEqual([]);
    expect(await run(source, { partial: true })).toMatchObject({ code: 1 });
    expect(taken).toEqual(['sub_1']);
  });

  it.each([429, 503])(
    'waits when the answer is %i, and no longer than for ever',
    async (status) => {
      const [verdict] = await judged(ndjson(trial));
      const waits: number[] = [];
      const sending = {
        target: { url: config.url, secret: config.secret! },
        progress: { has: () => false, add: () => Promise.resolve() },
        onSent: () => undefined,
        wait: (ms: number) => Promise.resolve(waits.push(ms)),
      };
      answers.push(status, status);
      expect(await sendAll([verdict!.message!], sending)).toEqual({ sent: 1, before: 0 });
      expect(waits).toEqual([500, 1000]);
      answers.push(...Array.from({ length: 6 }, () => status));
      expect(await sendAll([verdict!.message!], sending)).toMatchObject({
        sent: 0,
        failure: `sub_1: ${status} so it is after 6 tries`,
      });
    },
  );
});

describe('a source at Stripe', () => {
  const provider = useProvider();
  const config = (): ReturnType<typeof readConfig> =>
    readConfig({ STRIPE_API_KEY: 'sk_test_x', STRIPE_API_BASE: provider.url }, undefined);

  it('is every live subscription, over all pages, each with its next action', async () => {
    const base = { created: Date.parse(T0), periodStart: Date.parse(T0) };
    for (let i = 0; i < 120; i++) {
      const subscription = stripeSubscription({
        ...base,
        id: `sub_a${i}`,
        status: 'active',
        periodEnd: Date.parse(TRIAL_END),
      });
      provider.store.observe(subscription, 1);
    }
    for (const status of ['canceled', 'past_due', 'unpaid', 'paused', 'incomplete']) {
      const subscription = stripeSubscription({ ...base, id: `sub_${status}`, status });
      provider.store.observe(subscription, 1);
    }
    const trialing = { trialStart: Date.parse(T0), trialEnd: Date.parse(TRIAL_END) };
    provider.store.observe(
      stripeSubscription({ ...base, ...trialing, id: 'sub_trial', status: 'trialing' }),
      1,
    );
    const lines: string[] = [];
    const code = await runImport({
      source: 'stripe',
      config: config(),
      now: NOW,
      apply: false,
      partial: false,
      say: (line) => lines.push(line),
      mutter: () => undefined,
    });
    const text = lines.join('\n');
    expect(code).toBe(0);
    expect(text).toMatch(/^ready +125$/m);
    expect(text).not.toContain('sub_canceled');
    expect(text).toContain('sub_trial  ready  trialing, provider, trial_reminder');
    expect(text).toContain('sub_past_due  ready  past_due, provider, ');
    expect(text).not.toContain('@example.com');
  });

  it('without a key is not looked at', async () => {
    const options = {
      source: 'stripe',
      config: readConfig({}, undefined),
      now: NOW,
      apply: false,
      partial: false,
      say: () => undefined,
      mutter: () => undefined,
    };
    await expect(runImport(options)).rejects.toThrow('STRIPE_API_KEY');
  });
});

describe('the stack that it goes to', () => {
  it('is the one on this machine, with the secret that everybody knows', () => {
    expect(readConfig({ PORT: '4900' }, undefined)).toMatchObject({
      url: 'http://127.0.0.1:4900',
      secret: LOCAL_SECRETS.webhook,
    });
  });

  it('elsewhere needs HTTPS, and a secret of its own', () => {
    expect(() => readConfig({}, 'http://billing.acme.example')).toThrow('not HTTPS');
    expect(readConfig({}, 'https://billing.acme.example/').secret).toBeUndefined();
    const environment = { WEBHOOK_SECRET: 'new,old' };
    expect(readConfig(environment, 'https://billing.acme.example').secret).toBe('new');
  });
});
