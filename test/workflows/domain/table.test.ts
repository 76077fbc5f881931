import { describe, expect, it } from 'vitest';

import type { Command, CommandType } from '../../../workflows/domain/commands.ts';
import type { Conclusion } from '../../../workflows/domain/conclude.ts';
import { fingerprint } from '../../../workflows/domain/fingerprint.ts';
import type { InboundEvent } from '../../../workflows/domain/inbound.ts';
import { route } from '../../../workflows/domain/routes.ts';
import {
  STATUSES,
  type Collection,
  type State,
  type Status,
} from '../../../workflows/domain/state.ts';
import { addDays, addDuration, type Instant } from '../../../workflows/domain/time.ts';
import {
  day,
  FIRST_PERIOD,
  IN_STATUS,
  observe,
  start,
  T0,
  TRIAL_END,
  unix,
  viewOf,
} from '../../support/fixtures.ts';
import { carriedOut, when } from '../../support/given.ts';

/** Why something was refused or ignored, by a short name. */
const REASONS = {
  ended: /^(The|the) subscription has( already)? ended/,
  status: /^A subscription that is \w+ cannot be .*; it has to be /,
  started: /has already started$/,
  ours: /^we collect this one ourselves$/,
  unpaid: /has not confirmed the payment$/,
  uncancelled: /is not set to end\.$/,
  unplanned: /^No change of plan is waiting\.$/,
  running: /is active already\.$/,
} as const;

/**
 * What comes of a message: `-` nothing at all, `noted` an event that leaves the status as it is, another status, `409` a
 * refusal because of the state, `422` one because of the request, `~` a line in the timeline that it was ignored.
 */
type Expected = '-' | 'noted' | Status | `${'409' | '422' | '~'} ${keyof typeof REASONS}`;

/** One expectation for each status, in the order of {@link STATUSES}: another status does not compile without its column. */
type Row = Columns<typeof STATUSES>;
type Columns<T extends readonly unknown[]> = { readonly [I in keyof T]: Expected };
type Unlisted = Exclude<Status, (typeof STATUSES)[number]>;
const ALL_LISTED: [Unlisted] extends [never] ? true : Unlisted = true;

function outcome(before: State, { state, events, refused }: Conclusion): string {
  const ignored = events.find(({ type }) => type === 'ignored');
  const because = refused?.reason ?? (ignored?.type === 'ignored' ? ignored.reason : undefined);
  if (because !== undefined) {
    const named = Object.entries(REASONS).find(([, text]) => text.test(because));
    const kind = refused ? (refused.isInvalid ? '422' : '409') : '~';
    return `${kind} ${named ? named[0] : because}`;
  }
  if (state!.status !== before.status) return state!.status;
  return events.length > 0 ? 'noted' : '-';
}

/** When each of {@link IN_STATUS} is looked at. */
const NOW: Record<Status, Instant> = {
  trialing: day(5),
  active: day(20),
  past_due: addDays(FIRST_PERIOD.end, 1),
  incomplete: addDuration(FIRST_PERIOD.start, 'PT1H'),
  unpaid: addDays(FIRST_PERIOD.end, 22),
  paused: day(20),
  canceled: day(20),
  incomplete_expired: day(20),
};

const given = (status: Status, collection: Collection): State => ({
  ...IN_STATUS[status],
  addressSeen: fingerprint('ada@example.com'),
  collection,
});

/** A provider that carries out what it is asked, where that provider is asked at all. */
async function tell(state: State, command: Command, now: Instant): Promise<Conclusion> {
  return when(state, command, now, { ask: (request) => carriedOut(viewOf(state), request, now) });
}

const plan = { id: 'max', price: { amount: 4900, currency: 'usd' }, interval: 'month' as const };
const money = { amount: 1900, currency: 'usd' };
const openInvoice = (state: State) => ({
  id: 'anchor' in state ? state.period.start : 'in_1',
  amount: money,
});
const activeView = (state: State) => ({
  ...viewOf(state),
  status: 'active' as const,
  period: FIRST_PERIOD,
  anchor: TRIAL_END,
});

/** One command of each type, as it would come for this state. */
const COMMANDS: {
  [T in CommandType]: (state: State) => Omit<Extract<Command, { type: T }>, 'eventId'>;
} = {
  start: () => start() as Extract<Command, { type: 'start' }>,
  import: ({ customer, collection }) => ({
    type: 'import',
    status: 'active',
    customer,
    plan,
    quantity: 1,
    collection,
    livemode: false,
    period: FIRST_PERIOD,
  }),
  observe: (state) => observe(unix(day(40)), activeView(state)),
  invoice_paid: (state) => ({ type: 'invoice_paid', invoice: openInvoice(state) }),
  invoice_failed: (state) => ({ type: 'invoice_failed', invoice: openInvoice(state), attempt: 1 }),
  invoice_action_required: (state) => ({
    type: 'invoice_action_required',
    invoice: openInvoice(state),
  }),
  authenticated: (state) => ({
    type: 'authenticated',
    payment: payment(state, true),
  }),
  update_customer: () => ({ type: 'update_customer', customer: { locale: 'de' } }),
  update_payment_method: () => ({ type: 'update_payment_method', paymentMethod: 'pm_2' }),
  update_card: () => ({
    type: 'update_card',
    paymentMethod: 'pm_card_visa',
    card: { expires: '2030-01' },
  }),
  end: () => ({ type: 'end', at: T0 }),
  attach_clock: () => ({ type: 'attach_clock', clock: 'clock_1' }),
  unsubscribe: () => ({ type: 'unsubscribe' }),
  note_feedback: () => ({
    type: 'note_feedback',
    feedback: { kind: 'bounce', isPermanent: true },
  }),
  erase: () => ({ type: 'erase' }),
  cancel: () => ({ type: 'cancel' }),
  uncancel: () => ({ type: 'uncancel' }),
  pause: () => ({ type: 'pause' }),
  resume: () => ({ type: 'resume' }),
  change_plan: () => ({ type: 'change_plan', plan }),
  cancel_plan_change: () => ({ type: 'cancel_plan_change' }),
  change_quantity: () => ({ type: 'change_quantity', quantity: 2 }),
  extend_trial: () => ({ type: 'extend_trial', by: 'P7D' }),
  end_trial: () => ({ type: 'end_trial' }),
  update_contact: () => ({ type: 'update_contact', name: 'Ada L.' }),
  resend_email: () => ({ type: 'resend_email', email: 'welcome' }),
};

const payment = (state: State, isPaid: boolean) => ({
  id: 'pi_1',
  key: 'k',
  invoice: openInvoice(state),
  isPaid,
});
const changedCard = {
  customer: 'cus_1',
  paymentMethod: 'pm_card_visa',
  card: { expires: '2030-01' },
};
const source = { source: '/crm', time: T0, subject: 'sub_1' };
const created = unix(day(40));

/** One event of each type, as the provider or the queue would send it for this state. */
const EVENTS: {
  [T in InboundEvent['type']]: (state: State) => Omit<InboundEvent & { type: T }, 'id' | 'type'>;
} = {
  'customer.subscription.created': (state) => ({ created, subscription: viewOf(state) }),
  'customer.subscription.updated': (state) => ({ created, subscription: activeView(state) }),
  'customer.subscription.deleted': (state) => ({
    created,
    subscription: { ...viewOf(state), status: 'canceled', endedAt: day(40) },
  }),
  'customer.subscription.paused': (state) => ({
    created,
    subscription: { ...viewOf(state), status: 'paused' },
  }),
  'customer.subscription.resumed': (state) => ({ created, subscription: activeView(state) }),
  'invoice.paid': (state) => ({ created, subscription: 'sub_1', invoice: openInvoice(state) }),
  'invoice.payment_failed': (state) => ({
    created,
    subscription: 'sub_1',
    invoice: openInvoice(state),
    attempt: 1,
  }),
  'invoice.payment_action_required': (state) => ({
    created,
    subscription: 'sub_1',
    invoice: openInvoice(state),
  }),
  'payment_intent.succeeded': (state) => ({
    created,
    subscription: 'sub_1',
    payment: payment(state, true),
  }),
  'payment_intent.canceled': (state) => ({
    created,
    subscription: 'sub_1',
    payment: payment(state, false),
  }),
  'payment_method.attached': () => ({ created, ...changedCard }),
  'payment_method.updated': () => ({ created, ...changedCard }),
  'payment_method.automatically_updated': () => ({ created, ...changedCard }),
  'customer.unsubscribed': () => ({ ...source, data: { customer: 'cus_1' } }),
  'customer.updated': () => ({ created, customer: { id: 'cus_1', email: 'new@example.com' } }),
  'subscription.trial_started': ({ collection }) => ({ ...source, data: beginning(collection) }),
  'subscription.started': ({ collection }) => {
    const { trial: _trial, ...data } = beginning(collection);
    return { ...source, data };
  },
  'subscription.imported': ({ collection }) => ({
    ...source,
    data: { ...beginning(collection), status: 'trialing' },
  }),
  'subscription.updated': () => ({ ...source, data: { paymentMethod: 'pm_2' } }),
  'subscription.cancel_requested': () => ({ ...source, data: { atPeriodEnd: true } }),
  'subscription.cancelled': () => ({ ...source, data: {} }),
  'payment.succeeded': (state) => ({ ...source, data: { invoice: openInvoice(state) } }),
  'payment.failed': (state) => ({ ...source, data: { invoice: openInvoice(state), attempt: 1 } }),
  'subscription.command': () => ({ ...source, data: { type: 'end', eventId: 'e1', at: T0 } }),
};

const beginning = (collection: Collection) => {
  const {
    type: _type,
    eventId: _id,
    at: _at,
    ...data
  } = start({ collection }) as Extract<Command, { type: 'start' }>;
  return data;
};

// oxfmt-ignore
const SELF: Record<CommandType, Row> = {
  //                        trialing         active           past_due         incomplete       unpaid           paused           canceled         incomplete_expired
  start:                   ['~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ ended',       '~ ended'],
  import:                  ['~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ ended',       '~ ended'],
  observe:                 ['~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ended',       '~ ended'],
  invoice_paid:            ['noted',         'noted',         'active',        'active',        'active',        'noted',         'noted',         'noted'],
  invoice_failed:          ['~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ended',       '~ ended'],
  invoice_action_required: ['~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ended',       '~ ended'],
  authenticated:           ['noted',         'noted',         'active',        'active',        'active',        'noted',         'noted',         'noted'],
  update_customer:         ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '~ ended',       '~ ended'],
  update_payment_method:   ['noted',         'noted',         'active',        'active',        'active',        'noted',         '~ ended',       '~ ended'],
  update_card:             ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '~ ended',       '~ ended'],
  end:                     ['canceled',      'canceled',      'canceled',      'canceled',      'canceled',      'canceled',      '~ ended',       '~ ended'],
  attach_clock:            ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted'],
  unsubscribe:             ['-',             '-',             '-',             '-',             '-',             '-',             '-',             '-'],
  note_feedback:           ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted'],
  erase:                   ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted'],
  cancel:                  ['canceled',      'canceled',      'canceled',      'canceled',      'canceled',      'canceled',      '409 ended',     '409 ended'],
  uncancel:                ['409 uncancelled', '409 uncancelled', '409 uncancelled', '409 uncancelled', '409 uncancelled', '409 uncancelled', '409 ended',     '409 ended'],
  pause:                   ['409 status',    'paused',        '409 status',    '409 status',    '409 status',    '409 status',    '409 ended',     '409 ended'],
  resume:                  ['409 status',    '409 running',   '409 status',    '409 status',    '409 status',    'active',        '409 ended',     '409 ended'],
  change_plan:             ['noted',         'noted',         '409 status',    '409 status',    '409 status',    '409 status',    '409 ended',     '409 ended'],
  cancel_plan_change:      ['409 status',    '409 unplanned', '409 status',    '409 status',    '409 status',    '409 status',    '409 ended',     '409 ended'],
  change_quantity:         ['noted',         'noted',         '409 status',    '409 status',    '409 status',    '409 status',    '409 ended',     '409 ended'],
  extend_trial:            ['noted',         '409 status',    '409 status',    '409 status',    '409 status',    '409 status',    '409 ended',     '409 ended'],
  end_trial:               ['active',        '409 status',    '409 status',    '409 status',    '409 status',    '409 status',    '409 ended',     '409 ended'],
  update_contact:          ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '409 ended',     '409 ended'],
  resend_email:            ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '409 ended',     '409 ended'],
};

// oxfmt-ignore
const PROVIDER: Record<CommandType, Row> = {
  //                        trialing         active           past_due         incomplete       unpaid           paused           canceled         incomplete_expired
  start:                   ['~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ ended',       '~ ended'],
  import:                  ['~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ ended',       '~ ended'],
  observe:                 ['active',        '-',             'active',        'active',        'active',        'active',        '~ ended',       '~ ended'],
  invoice_paid:            ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted'],
  invoice_failed:          ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '~ ended',       '~ ended'],
  invoice_action_required: ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '~ ended',       '~ ended'],
  authenticated:           ['noted',         'noted',         'active',        'active',        'active',        'noted',         'noted',         'noted'],
  update_customer:         ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '~ ended',       '~ ended'],
  update_payment_method:   ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '~ ended',       '~ ended'],
  update_card:             ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '~ ended',       '~ ended'],
  end:                     ['canceled',      'canceled',      'canceled',      'canceled',      'canceled',      'canceled',      '~ ended',       '~ ended'],
  attach_clock:            ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted'],
  unsubscribe:             ['-',             '-',             '-',             '-',             '-',             '-',             '-',             '-'],
  note_feedback:           ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted'],
  erase:                   ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted'],
  cancel:                  ['canceled',      'canceled',      'canceled',      'canceled',      'canceled',      'canceled',      '409 ended',     '409 ended'],
  uncancel:                ['409 uncancelled', '409 uncancelled', '409 uncancelled', '409 uncancelled', '409 uncancelled', '409 uncancelled', '409 ended',     '409 ended'],
  pause:                   ['409 status',    'paused',        '409 status',    '409 status',    '409 status',    '409 status',    '409 ended',     '409 ended'],
  resume:                  ['409 status',    '409 running',   '409 status',    '409 status',    '409 status',    'active',        '409 ended',     '409 ended'],
  change_plan:             ['noted',         'noted',         '409 status',    '409 status',    '409 status',    '409 status',    '409 ended',     '409 ended'],
  cancel_plan_change:      ['409 status',    '409 unplanned', '409 status',    '409 status',    '409 status',    '409 status',    '409 ended',     '409 ended'],
  change_quantity:         ['noted',         'noted',         '409 status',    '409 status',    '409 status',    '409 status',    '409 ended',     '409 ended'],
  extend_trial:            ['noted',         '409 status',    '409 status',    '409 status',    '409 status',    '409 status',    '409 ended',     '409 ended'],
  end_trial:               ['active',        '409 status',    '409 status',    '409 status',    '409 status',    '409 status',    '409 ended',     '409 ended'],
  update_contact:          ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '409 ended',     '409 ended'],
  resend_email:            ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '409 ended',     '409 ended'],
};

// oxfmt-ignore
const EVENTS_SELF: Record<InboundEvent['type'], Row> = {
  //                                  trialing         active           past_due         incomplete       unpaid           paused           canceled         incomplete_expired
  'customer.subscription.created':   ['~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ended',       '~ ended'],
  'customer.subscription.updated':   ['~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ended',       '~ ended'],
  'customer.subscription.deleted':   ['~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ended',       '~ ended'],
  'customer.subscription.paused':    ['~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ended',       '~ ended'],
  'customer.subscription.resumed':   ['~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ended',       '~ ended'],
  'invoice.paid':                    ['noted',         'noted',         'active',        'active',        'active',        'noted',         'noted',         'noted'],
  'invoice.payment_failed':          ['~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ended',       '~ ended'],
  'invoice.payment_action_required': ['~ ours'       , '~ ours'       , '~ ours'       , '~ ours'       , '~ ours'       , '~ ours'       , '~ ended'      , '~ ended'],
  'payment_intent.succeeded':        ['noted'        , 'noted'        , 'active'       , 'active'       , 'active'       , 'noted'        , 'noted'        , 'noted'],
  'payment_intent.canceled':         ['~ unpaid'     , '~ unpaid'     , '~ unpaid'     , '~ unpaid'     , '~ unpaid'     , '~ unpaid'     , '~ unpaid'     , '~ unpaid'],
  'payment_method.attached':         ['noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , '~ ended'      , '~ ended'],
  'payment_method.updated':          ['noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , '~ ended'      , '~ ended'],
  'payment_method.automatically_updated':['noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , '~ ended'      , '~ ended'],
  'customer.unsubscribed':           ['-'            , '-'            , '-'            , '-'            , '-'            , '-'            , '-'            , '-'],
  'customer.updated':                ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '~ ended',       '~ ended'],
  'subscription.trial_started':      ['~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ ended',       '~ ended'],
  'subscription.started':            ['~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ ended',       '~ ended'],
  'subscription.imported':           ['~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ ended',       '~ ended'],
  'subscription.updated':            ['noted',         'noted',         'active',        'active',        'active',        'noted',         '~ ended',       '~ ended'],
  'subscription.cancel_requested':   ['noted',         'noted',         'canceled',      'canceled',      'canceled',      'canceled',      '409 ended',     '409 ended'],
  'subscription.cancelled':          ['canceled',      'canceled',      'canceled',      'canceled',      'canceled',      'canceled',      '~ ended',       '~ ended'],
  'payment.succeeded':               ['noted',         'noted',         'active',        'active',        'active',        'noted',         'noted',         'noted'],
  'payment.failed':                  ['~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ours',        '~ ended',       '~ ended'],
  'subscription.command':            ['canceled',      'canceled',      'canceled',      'canceled',      'canceled',      'canceled',      '~ ended',       '~ ended'],
};

// oxfmt-ignore
const EVENTS_PROVIDER: Record<InboundEvent['type'], Row> = {
  //                                  trialing         active           past_due         incomplete       unpaid           paused           canceled         incomplete_expired
  'customer.subscription.created':   ['-',             '-',             '-',             '-',             '-',             '-',             '~ ended',       '~ ended'],
  'customer.subscription.updated':   ['active',        '-',             'active',        'active',        'active',        'active',        '~ ended',       '~ ended'],
  'customer.subscription.deleted':   ['canceled',      'canceled',      'canceled',      'canceled',      'canceled',      'canceled',      '~ ended',       '~ ended'],
  'customer.subscription.paused':    ['paused',        'paused',        'paused',        'paused',        'paused',        '-',             '~ ended',       '~ ended'],
  'customer.subscription.resumed':   ['active',        '-',             'active',        'active',        'active',        'active',        '~ ended',       '~ ended'],
  'invoice.paid':                    ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted'],
  'invoice.payment_failed':          ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '~ ended',       '~ ended'],
  'invoice.payment_action_required': ['noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , '~ ended'      , '~ ended'],
  'payment_intent.succeeded':        ['noted'        , 'noted'        , 'active'       , 'active'       , 'active'       , 'noted'        , 'noted'        , 'noted'],
  'payment_intent.canceled':         ['~ unpaid'     , '~ unpaid'     , '~ unpaid'     , '~ unpaid'     , '~ unpaid'     , '~ unpaid'     , '~ unpaid'     , '~ unpaid'],
  'payment_method.attached':         ['noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , '~ ended'      , '~ ended'],
  'payment_method.updated':          ['noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , '~ ended'      , '~ ended'],
  'payment_method.automatically_updated':['noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , 'noted'        , '~ ended'      , '~ ended'],
  'customer.unsubscribed':           ['-'            , '-'            , '-'            , '-'            , '-'            , '-'            , '-'            , '-'],
  'customer.updated':                ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '~ ended',       '~ ended'],
  'subscription.trial_started':      ['~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ ended',       '~ ended'],
  'subscription.started':            ['~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ ended',       '~ ended'],
  'subscription.imported':           ['~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ started',     '~ ended',       '~ ended'],
  'subscription.updated':            ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '~ ended',       '~ ended'],
  'subscription.cancel_requested':   ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '409 ended',     '409 ended'],
  'subscription.cancelled':          ['canceled',      'canceled',      'canceled',      'canceled',      'canceled',      'canceled',      '~ ended',       '~ ended'],
  'payment.succeeded':               ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted',         'noted'],
  'payment.failed':                  ['noted',         'noted',         'noted',         'noted',         'noted',         'noted',         '~ ended',       '~ ended'],
  'subscription.command':            ['canceled',      'canceled',      'canceled',      'canceled',      'canceled',      'canceled',      '~ ended',       '~ ended'],
};

describe.each([
  ['self', SELF],
  ['provider', PROVIDER],
] as const)('where the collection is %s, a command', (collection, table) => {
  it.each(Object.entries(table) as [CommandType, Row][])(
    '%s does what its row says',
    async (type, row) => {
      const found: string[] = [];
      for (const status of STATUSES) {
        const state = given(status, collection);
        const command: Command = { ...COMMANDS[type](state), eventId: 'evt_1' };
        found.push(outcome(state, await tell(state, command, NOW[status])));
      }
      expect(found).toEqual(row);
    },
  );
});

describe.each([
  ['self', EVENTS_SELF],
  ['provider', EVENTS_PROVIDER],
] as const)('where the collection is %s, an event', (collection, table) => {
  it.each(Object.entries(table) as [InboundEvent['type'], Row][])(
    '%s does what its row says',
    async (type, row) => {
      const found: string[] = [];
      for (const status of STATUSES) {
        const state = given(status, collection);
        const event = { ...EVENTS[type](state), id: 'evt_1', type } as InboundEvent;
        const [command] = route(event).commands;
        found.push(outcome(state, await tell(state, command!, NOW[status])));
      }
      expect(found).toEqual(row);
    },
  );
});

it('the tables have a column for every status', () => {
  expect(ALL_LISTED).toBe(true);
  for (const status of STATUSES) expect(IN_STATUS[status].status).toBe(status);
});
