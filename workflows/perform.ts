import * as activities from './activities.ts';
import { chargeKey, priceOf } from './domain/collect.ts';
import type { Command, Input } from './domain/commands.ts';
import type { Charge, Effect } from './domain/decision.ts';
import type { State } from './domain/state.ts';

/** Does in the world what a decision asks for; the answer is the input of the next decision. */
export async function perform(
  id: string,
  state: State | undefined,
  effect: Effect,
): Promise<Input> {
  switch (effect.type) {
    case 'find':
      return find(id, effect.command);
    case 'fetch': {
      const { after } = effect;
      const subscription = await activities.fetchSubscription(id);
      return { type: 'fetched', ...(subscription && { subscription }), ...(after && { after }) };
    }
    case 'cancel_at_provider': {
      const { command } = effect;
      const { eventId: key, atPeriodEnd, reason } = command;
      const subscription = await activities.cancelSubscription({
        subscription: id,
        key,
        ...(atPeriodEnd !== undefined && { atPeriodEnd }),
        ...(reason !== undefined && { reason }),
      });
      return { type: 'fetched', after: command, ...(subscription && { subscription }) };
    }
    case 'charge':
      return charge(state!, effect.charge);
    default:
      return effect satisfies never;
  }
}

/** What the records, and the provider if it may know the subscription, say about it. */
async function find(id: string, command: Command): Promise<Input> {
  const isOurs = command.type === 'start' && command.collection === 'self';
  const [traces, subscription] = await Promise.all([
    activities.findTraces(id),
    isOurs ? null : activities.fetchSubscription(id),
  ]);
  const found = { ...traces, ...(subscription && { subscription }) };
  return { type: 'found', command, found };
}

async function charge(state: State, wanted: Charge): Promise<Input> {
  const { id, customer, paymentMethod } = state;
  const result = await activities.charge({
    key: chargeKey(id, wanted),
    subscription: id,
    customer: customer.id,
    amount: priceOf(state),
    ...(paymentMethod !== undefined && { paymentMethod }),
  });
  return { type: 'charged', charge: wanted, result };
}
