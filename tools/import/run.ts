import type { Instant } from '../../workflows/domain/time.ts';
import { connectStripe } from '../stripe.ts';
import type { ImportConfig } from './config.ts';
import { createJudge, type Message, type Verdict } from './judge.ts';
import { openProgress } from './progress.ts';
import { describe, summarise } from './report.ts';
import { isCsv, readRows, type Row } from './rows.ts';
import { sendAll } from './send.ts';
import { stripeRows } from './stripe.ts';

export interface ImportOptions {
  /** A file, or `stripe`. */
  source: string;
  apply: boolean;
  /** Sends what is usable though something else is not. */
  partial: boolean;
  config: ImportConfig;
  now: Instant;
  /** The report. */
  say: (line: string) => void;
  /** How it goes. */
  mutter: (line: string) => void;
}

const REPORTED_EVERY = 100;

/** Judges every row, says what would become of it, and sends it only when told to. Answers with the exit code. */
export async function runImport(options: ImportOptions): Promise<0 | 1> {
  const { source, config, now, say, apply, partial } = options;
  const judge = createJudge({ now, policy: config.LIFECYCLE_POLICY, isCsv: isCsv(source) });
  const verdicts: Verdict[] = [];
  for await (const row of rowsOf(source, config)) {
    const verdict = judge(row);
    verdicts.push(verdict);
    say(describe(verdict));
  }
  say('');
  say(summarise(verdicts));
  const isUsable = verdicts.every(({ kind }) => kind !== 'unusable');
  if (!apply) {
    say(isUsable ? '\nNothing was sent: --apply sends it.' : '\nNothing was sent.');
    return isUsable ? 0 : 1;
  }
  if (!isUsable && !partial) {
    say('\nNothing was sent: put right what is unusable, or leave it out with --partial.');
    return 1;
  }
  const isSent = await send(verdicts, options);
  return isSent && isUsable ? 0 : 1;
}

function rowsOf(source: string, config: ImportConfig): AsyncIterable<Row> {
  if (source !== 'stripe') return readRows(source);
  const { STRIPE_API_KEY: key, STRIPE_API_BASE: base } = config;
  if (key === undefined) throw new Error('STRIPE_API_KEY: is needed to list subscriptions.');
  return stripeRows(connectStripe(key, base));
}

async function send(
  verdicts: readonly Verdict[],
  { source, config, say, mutter }: ImportOptions,
): Promise<boolean> {
  const { url, secret } = config;
  if (secret === undefined) throw new Error(`WEBHOOK_SECRET: is needed to sign for ${url}.`);
  const messages = verdicts.flatMap(({ message }): Message[] => (message ? [message] : []));
  const progress = openProgress(`${source}.progress`, url);
  const outcome = await sendAll(messages, {
    target: { url, secret },
    progress,
    onSent: (count) => {
      if (count % REPORTED_EVERY === 0) mutter(`${count} of ${messages.length} sent`);
    },
  });
  say(`\n${outcome.sent} sent to ${url}, ${outcome.before} had been sent before.`);
  if (outcome.failure === undefined) return true;
  say(`It ended early: ${outcome.failure}\nThe same command goes on from there.`);
  return false;
}
