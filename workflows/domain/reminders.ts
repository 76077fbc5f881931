import type { Cadence } from './calendar.ts';
import { dunningEnd, dunningReminders, finalNotice } from './dunning.ts';
import { DEFAULTS } from './policy.ts';
import type { Active, Card, Ended, PastDue, State, Trialing } from './state.ts';
import { addDuration, addMonths, toMs, type Duration, type Instant } from './time.ts';

const DAY = 86_400_000;
const LONG_MONTHS = 6;
const LONG_DAYS = 180;

/** How long before its end a trial of this length (milliseconds) is announced to end, unless the policy says otherwise. */
function defaultReminders(length: number): Duration[] {
  if (length > 7 * DAY) return ['P7D', 'P3D'];
  if (length > 3 * DAY) return ['P3D'];
  if (length > DAY) return ['P1D'];
  return [];
}

/** The instants at which reminders of this trial are still to go out, earliest first. */
export function openReminders({ trial, policy, reminded }: Trialing): Instant[] {
  const start = toMs(trial.start);
  const after = reminded === undefined ? start : Math.max(start, toMs(reminded));
  return (policy?.trialReminders ?? defaultReminders(toMs(trial.end) - start))
    .map((before) => addDuration(trial.end, before, -1))
    .filter((at) => toMs(at) > after && toMs(at) < toMs(trial.end))
    .toSorted();
}

/** When the next renewal is announced; undefined when it has been, or is of so short a period that it is not. */
export function renewalReminder({ plan, policy, period, announced }: Active): Instant | undefined {
  if (!isLong(plan) || announced === period.end) return undefined;
  const at = addDuration(period.end, policy?.renewalReminder ?? DEFAULTS.renewalReminder, -1);
  return toMs(at) > toMs(period.start) ? at : undefined;
}

function isLong({ interval, intervalCount: count = 1 }: Cadence): boolean {
  switch (interval) {
    case 'day':
      return count >= LONG_DAYS;
    case 'week':
      return count * 7 >= LONG_DAYS;
    case 'month':
      return count >= LONG_MONTHS;
    case 'quarter':
      return count * 3 >= LONG_MONTHS;
    case 'year':
      return true;
    default:
      return interval satisfies never;
  }
}

/** When the card is of no use any more. */
export const cardEnd = ({ expires }: Card): Instant => addMonths(`${expires}-01T00:00:00.000Z`, 1);

/** When it is announced that the card expires; undefined when nothing is known, or it has been. */
export function cardReminder({ card, cardAnnounced, policy }: State): Instant | undefined {
  if (card === undefined || cardAnnounced === card.expires) return undefined;
  return addDuration(cardEnd(card), policy?.cardExpiryReminder ?? DEFAULTS.cardExpiryReminder, -1);
}

/** What a timer tells the customer while a payment is open. */
export interface DunningMail {
  type: 'dunning_reminder' | 'final_notice';
  at: Instant;
}

/** The dunning mail that is still to go out, earliest first. */
export function openDunningMail(state: PastDue): DunningMail[] {
  const end = toMs(dunningEnd(state));
  const after = Math.max(toMs(state.since), toMs(state.reminded ?? state.since));
  const all: DunningMail[] = dunningReminders(state).map((at) => ({
    type: 'dunning_reminder',
    at,
  }));
  // Who charges in provider mode knows when it does so for the last time; we do not.
  if (state.collection === 'self') all.push({ type: 'final_notice', at: finalNotice(state) });
  return all
    .filter(({ at }) => toMs(at) > after && toMs(at) < end)
    .toSorted((a, b) => toMs(a.at) - toMs(b.at));
}

/** The attempts to win back a customer that are still to be made, earliest first. */
export function openWinBacks({
  status,
  customer,
  policy,
  endedAt,
  wooed,
  cause,
}: Ended): Instant[] {
  // Who has never paid has nothing to come back to.
  if (status !== 'canceled' || customer.marketing !== true || cause === undefined) return [];
  const isOn = policy?.emails?.win_back !== false;
  const after = toMs(wooed ?? endedAt);
  return (isOn ? (policy?.winBack ?? DEFAULTS.winBack) : [])
    .map((wait) => addDuration(endedAt, wait))
    .filter((at) => toMs(at) > after)
    .toSorted();
}
