import { log } from '@temporalio/workflow';

import * as activities from './activities.ts';
import type { Besides } from './besides.ts';
import { chargeKey } from './domain/collect.ts';
import type { Authenticated, Command, Input } from './domain/commands.ts';
import type { Charge, Effect } from './domain/decision.ts';
import { authenticatedBy } from './domain/routes.ts';
import { hasEnded, type State } from './domain/state.ts';
import type { Instant } from './domain/time.ts';

/** What a subscription's effects are performed with. */
export interface Surroundings {
  id: string;
  now: () => Instant;
  /** Takes a command that came of something which went on beside. */
  push: (command: Command) => void;
  besides: Besides;
}

/** Does in the world what a decision asks for; the answer is the input of the next decision. */
export async function perform(
  around: Surroundings,
  cause: Input,
  state: State | undefined,
  effect: Effect,
): Promise<Input | undefined> {
  const { id, now } = around;
  switch (effect.type) {
    case 'find':
      return find(id, effect.command);
    case 'fetch': {
      const { after } = effect;
      const subscription = await activities.fetchSubscription(id);
      return { type: 'fetched', ...(subscription && { subscription }), ...(after && { after }) };
    }
    case 'ask_provider': {
      const { command, plan } = effect;
      const customer = state!.customer.id;
      const { subscription, refused } = await activities.askProvider({
        subscription: id,
        customer,
        request: command,
      });
      return {
        type: 'fetched',
        after: command,
        ...(subscription && { subscription }),
        ...(refused !== undefined && { refused }),
        ...(plan && { plan }),
      };
    }
    case 'charge':
      return charge(state!, effect.charge, isAskedFor(cause));
    case 'await_authentication':
      awaitAuthentication(around, state!, effect.charge, effect.payment);
      return undefined;
    case 'look_around': {
      const customer = state!.customer.id;
      const { isBack } = await activities.lookAround({ subscription: id, customer });
      return { type: 'looked_around', at: effect.at, isBack };
    }
    case 'resend': {
      const { command, email } = effect;
      const key = `${email}:${id}:again:${command.eventId}`;
      const to = state!.customer;
      const isSent = await resend(around, { subscription: id, email, to, key, at: now() });
      return { type: 'resent', command, ...(isSent && { email }) };
    }
    default:
      return effect satisfies never;
  }
}

/** What the records, and the provider if it may know the subscription, say about it. */
async function find(id: string, command: Command): Promise<Input> {
  const isNew = command.type === 'start' || command.type === 'import';
  const isOurs = isNew && command.collection === 'self';
  const isLimited =
    command.type === 'start' && command.trial && command.policy?.repeatedTrial === 'skip';
  const [traces, subscription, beside] = await Promise.all([
    activities.findTraces(id),
    isOurs ? null : activities.fetchSubscription(id),
    isLimited ? activities.lookAround({ subscription: id, customer: command.customer.id }) : null,
  ]);
  const hadTrial = beside?.hadTrial ? { hadTrial: true } : {};
  const found = { ...traces, ...(subscription && { subscription }), ...hadTrial };
  return { type: 'found', command, found };
}

/** What does not go out at once goes out later: whoever asks for mail does not hold up the subscription. */
const resend = ({ besides }: Surroundings, wanted: activities.Resending): Promise<boolean> =>
  activities.steady(activities.resendEmail, (request) => {
    besides.resendLater(request);
    return Promise.resolve(true);
  })(wanted);

/** Somebody has just done something about the payment. */
const isAskedFor = (cause: Input): boolean =>
  cause.type === 'command' && cause.command.type !== 'start';

async function charge(state: State, wanted: Charge, isAsked: boolean): Promise<Input> {
  const { id, customer, paymentMethod, card } = state;
  const { attempt, invoice, amount } = wanted;
  const request: activities.ChargeRequest = {
    key: chargeKey(id, wanted),
    ...(attempt > 1 && { previousKey: chargeKey(id, { invoice, attempt: attempt - 1 }) }),
    subscription: id,
    customer: customer.id,
    amount,
    ...(paymentMethod !== undefined && { paymentMethod }),
    ...(card && { card }),
  };
  const result = await (isAsked ? activities.chargeOnRequest(request) : activities.charge(request));
  return { type: 'charged', charge: wanted, result };
}

/**
 * Waits beside everything else until the customer has confirmed a payment. Whoever does so after this run has ended is
 * heard by a signal; so is everybody under a test clock, whose time stands still while an activity is under way.
 */
function awaitAuthentication(
  { id, push }: Surroundings,
  state: State,
  { invoice, attempt, amount }: Charge,
  payment: string,
): void {
  if (state.testClock !== undefined || hasEnded(state)) return;
  const key = chargeKey(id, { invoice, attempt });
  const settle = ({ isPaid }: { isPaid: boolean }): void => {
    const authenticated: Authenticated = {
      id: payment,
      key,
      invoice: { id: invoice, amount },
      isPaid,
    };
    push(authenticatedBy(authenticated));
  };
  activities
    .awaitAuthentication({ subscription: id, key, payment })
    .then(settle)
    .catch((failure: unknown) => log.info('nobody has confirmed a payment', { failure }));
}
