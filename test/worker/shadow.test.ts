import { describe, expect, it } from 'vitest';

import { createRecords } from '../../functions/shared/records.ts';
import { asCsv, asNdjson, withheld } from '../../tools/shadow-report/report.ts';
import { createSaveChange } from '../../worker/activities/records.ts';
import { createChargeLedger } from '../../worker/billing/charge-ledger.ts';
import { createLedger } from '../../worker/email/ledger.ts';
import { shadowBilling } from '../../worker/shadow/billing.ts';
import type { BillingActivities } from '../../workflows/activities.ts';
import type { Email } from '../../workflows/domain/emails.ts';
import { project } from '../../workflows/domain/projection.ts';
import { active, day, seen, T0 } from '../support/fixtures.ts';
import { useTable } from '../support/table.ts';

const table = useTable();
const price = active().plan.price;

/** The provider may be read, and nothing else. */
const billing = (): BillingActivities => {
  const refuse = (): never => {
    throw new Error('Stripe was asked');
  };
  const real: BillingActivities = {
    charge: refuse,
    askProvider: refuse,
    awaitAuthentication: refuse,
    wasCharged: async ({ subscription, key }) =>
      (await ledger().find(subscription, key)) !== undefined,
    fetchSubscription: (id) => Promise.resolve(seen({ id })),
  };
  return shadowBilling(real, ledger(), () => day(1));
};
const ledger = () => createChargeLedger(table.client, table.name);

const email = (subscription: string, at: string, more: Partial<Email> = {}): Email => ({
  key: `receipt:${subscription}:${at}`,
  type: 'receipt',
  subscription,
  at,
  to: { id: 'cus_1', email: 'ada@example.com', name: 'Ada' },
  data: { plan: active().plan, hasPaymentMethod: true, price, amount: price },
  ...more,
});

describe('in a shadow', () => {
  const request = (amount: number) => ({
    key: 'sub_c:in_1:1',
    subscription: 'sub_c',
    customer: 'cus_1',
    amount: { amount, currency: 'usd' },
    paymentMethod: 'pm_card_visa',
  });

  it('a charge is written down and counts as paid, once', async () => {
    expect(await billing().wasCharged(request(1900))).toBe(false);
    const paid = { outcome: 'paid', amount: { amount: 1900, currency: 'usd' } };
    expect(await billing().charge(request(1900))).toEqual(paid);
    expect(await billing().charge(request(2900))).toEqual(paid);
    expect(await billing().wasCharged(request(1900))).toBe(true);
    expect(await table.rows('sub_c', 'CHARGE#')).toMatchObject([
      { sk: 'CHARGE#sub_c:in_1:1', amount: { amount: 1900 }, shadow: day(1) },
    ]);
  });

  it('a request to the provider is refused, with what the provider has', async () => {
    const cancel = { type: 'cancel', eventId: 'evt_1' } as const;
    const asked = { subscription: 'sub_1', customer: 'cus_1', request: cancel };
    const { subscription, refused } = await billing().askProvider(asked);
    expect(subscription).toMatchObject({ id: 'sub_1' });
    expect(refused).toMatch(/shadow/);
  });

  it('an e-mail is in the timeline as one that did not go out, and never goes out later', async () => {
    await createSaveChange(
      table.client,
      table.name,
    )({ projection: project(active({ id: 'sub_m' }), T0), timeline: [] });
    const shadow = createLedger(table.client, table.name, 'shadow');
    expect(await shadow.open(email('sub_m', T0))).toBe('new');
    await shadow.sent(email('sub_m', T0), 'shadow');
    const { timeline } = (await createRecords(table.name).find('sub_m'))!;
    expect(timeline).toEqual([{ at: T0, type: 'email', email: 'receipt', status: 'shadow' }]);
    expect(JSON.stringify(await table.rows('sub_m'))).not.toContain('ada@example.com');

    const real = createLedger(table.client, table.name);
    expect(await real.open(email('sub_m', T0))).toBe('done');
  });
});

describe('the report', () => {
  it('lists what was withheld between two instants, in order, for people and programs', async () => {
    const save = createSaveChange(table.client, table.name);
    await save({ projection: project(active({ id: 'sub_r' }), T0), timeline: [] });
    const shadow = createLedger(table.client, table.name, 'shadow');
    for (const at of [day(40), day(33), day(30)]) {
      await shadow.open(email('sub_r', at));
      await shadow.sent(email('sub_r', at), 'shadow');
    }
    const real = createLedger(table.client, table.name);
    await real.open(email('sub_r', day(34)));
    await real.sent(email('sub_r', day(34)), '<1>');
    const asked = { amount: price, shadow: day(31) };
    await ledger().open('sub_r', 'sub_r:in_2:1', asked);
    await ledger().open('sub_r', 'sub_r:in_3:1', { amount: price });

    const all = await withheld(table.client, table.name, { from: day(30), to: day(35) });
    expect(asCsv(all)).toEqual([
      'at,what,type,subscription,customer,amount,currency,key',
      `${day(30)},email,receipt,sub_r,cus_1,1900,usd,receipt:sub_r:${day(30)}`,
      `${day(31)},charge,,sub_r,cus_1,1900,usd,sub_r:in_2:1`,
      `${day(33)},email,receipt,sub_r,cus_1,1900,usd,receipt:sub_r:${day(33)}`,
    ]);
    expect(asNdjson(all).map((line) => (JSON.parse(line) as { at: string }).at)).toEqual([
      day(30),
      day(31),
      day(33),
    ]);
  });
});
