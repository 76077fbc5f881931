import { describe, expect, it } from 'vitest';

import { isRouted, route } from '../../../workflows/domain/routes.ts';
import { seen, T0 } from '../../support/fixtures.ts';

const invoice = { id: 'in_1', amount: { amount: 1900, currency: 'usd' } };

describe('a route', () => {
  it('of a subscription event starts what runs in its status', () => {
    const subscription = seen();
    const event = {
      type: 'customer.subscription.updated',
      id: 'e1',
      created: 5,
      subscription,
    } as const;
    expect(route(event)).toEqual({
      subscription: 'sub_1',
      status: 'trialing',
      customer: 'cus_1',
      commands: [{ type: 'observe', eventId: 'e1', created: 5, subscription }],
    });
  });

  it('of an invoice event leaves open what runs', () => {
    const event = {
      type: 'invoice.paid',
      id: 'e1',
      created: 5,
      subscription: 'sub_1',
      invoice,
    } as const;
    expect(route(event)).toEqual({
      subscription: 'sub_1',
      status: undefined,
      commands: [{ type: 'invoice_paid', eventId: 'e1', created: 5, invoice }],
    });
  });

  it('of a customer event goes to all of the customer', () => {
    const customer = { id: 'cus_1', email: 'new@example.com' };
    expect(route({ type: 'customer.updated', id: 'e1', created: 5, customer })).toEqual({
      allOfCustomer: 'cus_1',
      commands: [{ type: 'update_customer', eventId: 'e1', created: 5, customer }],
    });
  });

  it('of an update may hold two commands, each applied once', () => {
    const data = { customer: { locale: 'de' }, paymentMethod: 'pm_2' };
    const event = {
      type: 'subscription.updated',
      id: 'e1',
      source: '/crm',
      time: T0,
      subject: 'sub_1',
      data,
    } as const;
    const { commands } = route(event);
    expect(commands.map(({ eventId }) => eventId)).toEqual(['/crm e1:customer', '/crm e1']);
  });
});

it('what is not in the table is not routed', () => {
  expect(isRouted('invoice.paid')).toBe(true);
  expect(isRouted('customer.subscription.trial_will_end')).toBe(false);
  expect(isRouted('toString')).toBe(false);
});
