import { formatMoney } from '../../workflows/domain/format-money.ts';
import type { JobLine } from '../../workflows/domain/jobs.ts';
import type { TimelineEntry } from '../../workflows/domain/projection.ts';
import type { Money } from '../../workflows/domain/state.ts';
import { fromUnix } from '../../workflows/domain/time.ts';
import type { StackClient } from '../client.ts';
import type { ReceivedEmail } from '../inbox.ts';
import type { ProviderControl } from '../provider/client.ts';
import type { Said } from '../provider/store.ts';

/** A story about one subscription that a stack can play; it throws when the story ends otherwise than told. */
export interface Scenario {
  title: string;
  /** It concerns every subscription, so that nothing else may go on beside it. */
  isAlone?: true;
  play: (story: Story) => Promise<void>;
}

const DAY_MS = 86_400_000;

/** Tells what happens to one subscription, line by line, while a scenario makes it happen. */
export class Story {
  readonly client: StackClient;
  /** Of the subscription, or of the job, that it is about. */
  id: string;
  /** Of all that it has been about. */
  readonly ids: string[] = [];
  /** When the story begins, in milliseconds: the wall clock's second. */
  readonly start = Math.floor(Date.now() / 1000) * 1000;
  readonly provider: ProviderControl;
  readonly #say: (line: string) => void;
  #told = { webhooks: 0, events: 0, emails: 0 };

  constructor(client: StackClient, provider: ProviderControl, say: (line: string) => void) {
    this.client = client;
    this.id = `sub_${Date.now().toString(36)}`;
    this.ids.push(this.id);
    this.provider = provider;
    this.#say = say;
  }

  /** Goes on with something else. */
  about(id: string): void {
    this.id = id;
    this.ids.push(id);
    this.#told = { webhooks: 0, events: 0, emails: 0 };
  }

  /** `days` after the beginning, in milliseconds. */
  day(days: number): number {
    return this.start + days * DAY_MS;
  }

  /** A line about something that comes in from outside. */
  incoming(at: number | string, what: string, detail = ''): void {
    this.#line({ at: new Date(at).toISOString(), direction: 'in', what, detail });
  }

  /** A line about what is beside the subscription, at the wall clock's time. */
  aside(what: string, detail: string): void {
    this.#line({ at: new Date().toISOString(), direction: '', what, detail });
  }

  /** Waits until what came in has been dealt with, and tells what came of it. */
  async settle(what: string, status: string): Promise<void> {
    await this.client.settled(this.id, what, (found) => found.status === status);
    await this.client.clock(this.id, { advance: 'PT0S' });
    await this.#tell();
  }

  /** Goes from one due instant to the next for `days`, telling what happens at each. */
  async forward(days: number): Promise<void> {
    const end = this.day(days);
    for (;;) {
      const { now, nextAction } = await this.client.clock(this.id, { advance: 'PT0S' });
      if (Date.parse(now) >= end) return;
      const isLast = nextAction === null || Date.parse(nextAction.at) > end;
      await this.client.clock(
        this.id,
        isLast ? { to: new Date(end).toISOString() } : { toNext: true },
      );
      await this.#tell();
      if (isLast) return;
    }
  }

  /** Sends a command by the API and tells what came of it. */
  async command(name: string, body: object): Promise<void> {
    const { now } = await this.client.clock(this.id, { advance: 'PT0S' });
    this.incoming(now, `${name} by the API`, JSON.stringify(body));
    const path = `/api/subscriptions/${this.id}/${name}`;
    const answer = await this.client.call('POST', path, body);
    if (answer.status !== 200) throw new Error(`${name}: ${JSON.stringify(answer)}`);
    await this.#tell();
  }

  /** Waits until the timeline has a line of this type, and tells. */
  async until(type: string): Promise<void> {
    await this.client.settled(this.id, type, ({ timeline }) =>
      timeline.some((entry) => entry.type === type),
    );
    await this.#tell();
  }

  /** What a change of plan would cost now. */
  async preview(body: object): Promise<{ at: string }> {
    const { now } = await this.client.clock(this.id, { advance: 'PT0S' });
    const path = `/api/subscriptions/${this.id}/change-plan/preview`;
    const answer = await this.client.call<{ at: string; amountDue: Money }>('POST', path, {
      ...body,
      at: now,
    });
    if (answer.status !== 200) throw new Error(`preview: ${JSON.stringify(answer)}`);
    this.incoming(now, 'preview by the API', `due now: ${show(answer.body.amountDue)}`);
    return answer.body;
  }

  /** The customer confirms with the bank the payment that was asked for last. */
  async confirmPayment(): Promise<void> {
    const { now } = await this.client.clock(this.id, { advance: 'PT0S' });
    this.incoming(now, 'payment_intent.succeeded', 'the customer has confirmed it');
    const payment = (await this.provider.payments(this.id)).at(-1)!;
    await this.provider.confirm(payment.id, 'succeed');
  }

  /** One click on the link of the last promotional e-mail. */
  async unsubscribe(): Promise<void> {
    const { now } = await this.client.clock(this.id, { advance: 'PT0S' });
    const link = (await this.client.emails(this.id)).findLast((email) => email.unsubscribeUrl);
    const response = await fetch(link!.unsubscribeUrl!, {
      method: 'POST',
      body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
    });
    if (!response.ok) throw new Error(`unsubscribing was answered ${response.status}`);
    this.incoming(now, 'one click in the mail', 'unsubscribe');
    await this.client.settled(this.id, 'no more of it', ({ nextAction }) => nextAction === null);
  }

  /** Throws unless exactly these e-mails have gone out, in this order. */
  async expectEmails(...types: string[]): Promise<void> {
    const seen = (await this.client.emails(this.id)).map(({ type }) => type);
    if (seen.join() !== types.join()) {
      throw new Error(`expected the e-mails ${types.join(', ')}; saw ${seen.join(', ')}`);
    }
  }

  async #tell(): Promise<void> {
    const { timeline = [] } = (await this.client.subscription(this.id)) ?? {};
    await this.#tellNews(timeline, await this.provider.said(this.id));
  }

  /** Tells what is new of the job of the story's id, which the API has under `path`. */
  async tellJob(path: string): Promise<void> {
    const { body } = await this.client.call<{ timeline: Entry[] }>('GET', `${path}/${this.id}`);
    await this.#tellNews(body.timeline, []);
  }

  async #tellNews(timeline: Entry[], webhooks: Said[]): Promise<void> {
    const events = timeline.filter(({ type }) => type !== 'email');
    const emails = await this.client.emails(this.id);
    const lines = [
      ...webhooks.slice(this.#told.webhooks).map(webhookLine),
      ...events.slice(this.#told.events).map(eventLine),
      ...emails.slice(this.#told.emails).map(emailLine),
    ];
    this.#told = { webhooks: webhooks.length, events: events.length, emails: emails.length };
    for (const line of lines.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))) {
      this.#line(line);
    }
  }

  #line({ at, direction, what, detail }: Line): void {
    const day = at.slice(0, 16).replace('T', ' ');
    this.#say(`  ${day}  ${direction.padEnd(3)}  ${what.padEnd(30)}  ${detail}`.trimEnd());
  }
}

type Entry = TimelineEntry | JobLine;

interface Line {
  at: string;
  direction: 'in' | 'out' | '';
  what: string;
  detail: string;
}

const webhookLine = ({ type, created }: Said): Line => ({
  at: fromUnix(created),
  direction: 'in',
  what: type,
  detail: '',
});

const emailLine = ({ at, type, subject }: ReceivedEmail): Line => ({
  at,
  direction: 'out',
  what: `e-mail ${type}`,
  detail: subject,
});

const HIDDEN = new Set(['at', 'type', 'testClock', 'anchor', 'clock']);

function eventLine(entry: Entry): Line {
  const details = Object.entries(entry).filter(([name]) => !HIDDEN.has(name));
  const detail = details.map(([name, value]) => `${name} ${show(value)}`).join(', ');
  return { at: entry.at, direction: '', what: entry.type, detail };
}

/** Days instead of instants, prices instead of minor units. */
function show(value: unknown): string {
  if (typeof value !== 'object' || value === null) {
    return String(value).replace(/T[\d:.]+Z$/, '');
  }
  if ('start' in value && 'end' in value) return `${show(value.start)} to ${show(value.end)}`;
  if ('amount' in value) {
    const { amount } = value;
    return typeof amount === 'object' ? show(amount) : formatMoney('en', value as Money);
  }
  return Object.values(value).map(show).join(' ');
}
