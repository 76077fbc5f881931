import type { Authenticated, Command } from './commands.ts';
import type { InboundEvent } from './inbound.ts';
import type { ProviderSubscription } from './provider.ts';
import type { Status } from './state.ts';

/**
 * Where an event goes: to one subscription (and how to start it when it does not run), to all of a customer, or to whoever
 * waits for a charge to be confirmed; the command is for when nobody waits any more.
 */
export type Route =
  | { subscription: string; status: Status | undefined; customer?: string; commands: Command[] }
  | { allOfCustomer: string; commands: Command[] }
  | {
      awaitedCharge: { subscription: string; key: string };
      isPaid: boolean;
      commands: Command[];
    };

type Routes = {
  [T in InboundEvent['type']]: (event: Extract<InboundEvent, { type: T }>) => Route;
};

const observe = (event: {
  id: string;
  created: number;
  apiVersion?: string;
  subscription: ProviderSubscription;
}): Route => {
  const { id: eventId, created, apiVersion, subscription } = event;
  return {
    subscription: subscription.id,
    status: subscription.status,
    customer: subscription.customer.id,
    commands: [
      { type: 'observe', eventId, created, ...(apiVersion && { apiVersion }), subscription },
    ],
  };
};

const start = (
  event: Extract<InboundEvent, { type: `subscription.${'trial_' | ''}started` }>,
): Route => {
  const { id: eventId, time: at, subject, data } = event;
  return {
    subscription: subject,
    status: data.trial ? 'trialing' : 'incomplete',
    customer: data.customer.id,
    commands: [{ ...data, type: 'start', eventId, at }],
  };
};

const card = (event: Extract<InboundEvent, { type: `payment_method.${string}` }>): Route => {
  const { id: eventId, created, customer, paymentMethod, card: about } = event;
  return {
    allOfCustomer: customer,
    commands: [{ type: 'update_card', eventId, created, paymentMethod, card: about }],
  };
};

/** The end of a payment, by whichever way it is heard of: there is one for each. */
export const authenticationId = (payment: string): string => `authenticated:${payment}`;

export const authenticatedBy = (payment: Authenticated): Command => ({
  type: 'authenticated',
  eventId: authenticationId(payment.id),
  payment,
});

const authenticated = (
  event: Extract<InboundEvent, { type: `payment_intent.${string}` }>,
): Route => {
  const { subscription, payment } = event;
  return {
    awaitedCharge: { subscription, key: payment.key },
    isPaid: payment.isPaid,
    commands: [authenticatedBy(payment)],
  };
};

const tell = (subscription: string, ...commands: Command[]): Route => ({
  subscription,
  status: undefined,
  commands,
});

/** What every event means. A new type of event does not compile until it has a line here. */
const routes: Routes = {
  'customer.subscription.created': observe,
  'customer.subscription.updated': observe,
  'customer.subscription.deleted': observe,
  'customer.subscription.paused': observe,
  'customer.subscription.resumed': observe,
  'invoice.paid': ({ id: eventId, created, subscription, invoice }) =>
    tell(subscription, { type: 'invoice_paid', eventId, created, invoice }),
  'invoice.payment_failed': ({ id: eventId, type: _type, subscription, ...failed }) =>
    tell(subscription, { ...failed, type: 'invoice_failed', eventId }),
  'invoice.payment_action_required': ({ id: eventId, type: _type, subscription, ...wanted }) =>
    tell(subscription, { ...wanted, type: 'invoice_action_required', eventId }),
  'payment_intent.succeeded': authenticated,
  'payment_intent.canceled': authenticated,
  'payment_method.attached': card,
  'payment_method.updated': card,
  'payment_method.automatically_updated': card,
  'customer.updated': ({ id: eventId, created, customer }) => ({
    allOfCustomer: customer.id,
    commands: [{ type: 'update_customer', eventId, created, customer }],
  }),
  'subscription.trial_started': start,
  'subscription.started': start,
  'subscription.imported': ({ id: eventId, subject, data }) => ({
    subscription: subject,
    status: data.status,
    customer: data.customer.id,
    commands: [{ ...data, type: 'import', eventId }],
  }),
  'subscription.updated': ({
    id: eventId,
    subject,
    data: { customer, paymentMethod, card: known },
  }) =>
    tell(
      subject,
      ...(customer
        ? [{ type: 'update_customer' as const, eventId: `${eventId}:customer`, customer }]
        : []),
      ...(paymentMethod
        ? [
            {
              type: 'update_payment_method' as const,
              eventId,
              paymentMethod,
              ...(known && { card: known }),
            },
          ]
        : []),
    ),
  'subscription.cancel_requested': ({ id: eventId, subject, data }) =>
    tell(subject, { ...data, type: 'cancel', eventId }),
  'subscription.cancelled': ({ id: eventId, time, subject, data: { endedAt, reason } }) =>
    tell(subject, { type: 'end', eventId, at: endedAt ?? time, ...(reason && { reason }) }),
  'payment.succeeded': ({ id: eventId, subject, data }) =>
    tell(subject, { ...data, type: 'invoice_paid', eventId }),
  'payment.failed': ({ id: eventId, subject, data }) =>
    tell(subject, { ...data, type: 'invoice_failed', eventId }),
  'subscription.command': ({ subject, data }) => tell(subject, data),
  'customer.unsubscribed': ({ id: eventId, data }) => ({
    allOfCustomer: data.customer,
    commands: [{ type: 'unsubscribe', eventId }],
  }),
};

/** Whether events of this type concern us at all. */
export const isRouted = (type: string): type is InboundEvent['type'] => Object.hasOwn(routes, type);

/** Ids are unique within their source: Stripe's are told from those of CloudEvents, and these by who sent them. */
export function route(event: InboundEvent): Route {
  const told = (routes[event.type] as (event: InboundEvent) => Route)(event);
  if (!('source' in event) || event.type === 'subscription.command') return told;
  const commands = told.commands.map((command) => ({
    ...command,
    eventId: `${event.source} ${command.eventId}`,
  }));
  return { ...told, commands };
}
