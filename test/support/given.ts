import { periodAt } from '../../workflows/domain/calendar.ts';
import type { Command, Fetched, Found, Input } from '../../workflows/domain/commands.ts';
import { conclude, type Conclusion } from '../../workflows/domain/conclude.ts';
import type { Charge, Effect, ProviderRequest } from '../../workflows/domain/decision.ts';
import type { ChargeResult, ProviderSubscription } from '../../workflows/domain/provider.ts';
import type { State } from '../../workflows/domain/state.ts';
import type { Instant } from '../../workflows/domain/time.ts';

/** What the records and the provider answer. */
export interface World {
  /** The subscription's id. */
  id?: string;
  find?: () => Found;
  fetch?: () => ProviderSubscription | undefined;
  /** Approves every charge unless told otherwise. */
  charge?: (attempt: number, charge: Charge) => ChargeResult;
  /** What the provider makes of a request; by default, what `fetch` says. */
  ask?: (command: ProviderRequest) => ProviderSubscription | { refused: string };
  /** Whether the customer has another subscription that lives. */
  isBack?: boolean;
  /** Whether there has been an e-mail to send again. */
  wasSent?: boolean;
  /** Hears of every effect. */
  onEffect?: (effect: Effect) => void;
}

/** What comes of an input at `now`, with the answers of `world` in place of activities. */
export const when = (
  state: State | undefined,
  input: Command | Input,
  now: Instant,
  world: World = {},
): Promise<Conclusion> =>
  conclude(
    world.id ?? 'sub_1',
    state,
    'eventId' in input ? { type: 'command', command: input } : input,
    () => now,
    (effect) => {
      world.onEffect?.(effect);
      return Promise.resolve(answer(effect, world));
    },
  );

function answer(effect: Effect, world: World): Input | undefined {
  switch (effect.type) {
    case 'find':
      return { type: 'found', command: effect.command, found: world.find?.() ?? {} };
    case 'fetch':
      return fetched(world, effect.after);
    case 'ask_provider': {
      const { command, plan } = effect;
      const answered = world.ask?.(command);
      const known = { ...fetched(world, command), ...(plan && { plan }) } as Fetched;
      if (answered === undefined) return known;
      return 'refused' in answered
        ? { ...known, refused: answered.refused }
        : { ...known, subscription: answered };
    }
    case 'charge': {
      const result = world.charge?.(effect.charge.attempt, effect.charge) ?? { outcome: 'paid' };
      return { type: 'charged', charge: effect.charge, result };
    }
    case 'await_authentication':
      return undefined;
    case 'look_around':
      return { type: 'looked_around', at: effect.at, isBack: world.isBack ?? false };
    case 'resend': {
      const { command, email } = effect;
      return { type: 'resent', command, ...((world.wasSent ?? true) && { email }) };
    }
    default:
      return effect satisfies never;
  }
}

function fetched(world: World, after: Command | undefined): Input {
  const subscription = world.fetch?.();
  return { type: 'fetched', ...(subscription && { subscription }), ...(after && { after }) };
}

/** What a provider makes of `view` when it carries out a request: enough of one for what the domain decides. */
export function carriedOut(
  view: ProviderSubscription,
  request: ProviderRequest,
  now: Instant,
): ProviderSubscription {
  const from = (at: Instant, plan = view.plan) => ({
    anchor: at,
    period: periodAt(at, plan, at),
  });
  switch (request.type) {
    case 'cancel': {
      const cancelAt = request.at ?? (request.atPeriodEnd ? view.period.end : undefined);
      return cancelAt === undefined
        ? { ...view, status: 'canceled', endedAt: now, cancelReason: 'cancellation_requested' }
        : { ...view, cancelAt };
    }
    case 'uncancel':
      return { ...view, cancelAt: undefined };
    case 'pause':
      return { ...view, status: 'paused' };
    case 'resume':
      return {
        ...view,
        status: 'active',
        ...(request.anchor !== 'unchanged' && from(now)),
      };
    case 'change_plan': {
      const { plan, quantity = view.quantity } = request;
      const isMoved = plan.interval !== view.plan.interval && view.status === 'active';
      return { ...view, plan, quantity, ...(isMoved && from(now, plan)) };
    }
    case 'change_quantity':
      return { ...view, quantity: request.quantity };
    case 'extend_trial': {
      const trial = { ...view.trial!, end: request.trialEnd! };
      return { ...view, trial, period: trial, anchor: trial.end };
    }
    case 'end_trial':
      return { ...view, status: 'active', trial: { ...view.trial!, end: now }, ...from(now) };
    case 'update_contact':
      return view;
    default:
      return request satisfies never;
  }
}

export const types = (events: readonly { type: string }[]): string[] =>
  events.map(({ type }) => type);
