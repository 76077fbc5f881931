import { ok, text, type Answer, type Form } from './answers.ts';
import { nowOf } from './simulation.ts';
import type { Store } from './store.ts';

/** Another address, name, language or default card of a customer. */
export function updateCustomer(store: Store, id: string, form: Form): Answer {
  const known = store.customer(id);
  const { email, name, preferred_locales: locales, invoice_settings: settings } = form;
  const { default_payment_method: card } = (settings ?? {}) as { default_payment_method?: string };
  const customer = {
    ...known,
    ...(email !== undefined && { email: text(email) || null }),
    ...(name !== undefined && { name: text(name) || null }),
    ...(Array.isArray(locales) && { preferred_locales: locales.map(text) }),
    ...(card !== undefined && { invoice_settings: { default_payment_method: card } }),
  };
  store.customers.set(id, customer);
  const accounts = store.accountsOf(id);
  const created = Math.max(nowOf(undefined), ...accounts.map(nowOf));
  const about = accounts.map(({ subscription }) => subscription.id);
  const happenings = [{ type: 'customer.updated', created, object: structuredClone(customer) }];
  return { ...ok(customer), news: { about, happenings } };
}
