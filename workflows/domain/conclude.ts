import type { Input, Tombstone } from './commands.ts';
import { decide } from './decide.ts';
import type { Decision, Effect, Refusal } from './decision.ts';
import { emailsFor, type Email } from './emails.ts';
import type { DomainEvent } from './events.ts';
import { evolve } from './evolve.ts';
import { remember } from './fingerprint.ts';
import type { State } from './state.ts';
import type { Instant } from './time.ts';

/** Everything that came of one input. */
export interface Conclusion {
  state: State | undefined;
  events: DomainEvent[];
  emails: Email[];
  refused?: Refusal;
  tombstone?: Tombstone;
  orphaned?: true;
  unusable?: string;
}

/**
 * Takes an input to its end: decides, lets `perform` do in the world what the decision asks for, decides on the answer, and
 * so on until nothing is left to do. Reads no clock and does nothing itself. Who is answered (`isAnswered`) hears of a refusal
 * and may ask again under the same key, which must not be taken for something that has been obeyed.
 */
export async function conclude(
  id: string,
  before: State | undefined,
  first: Input,
  now: () => Instant,
  perform: (effect: Effect, state: State | undefined) => Promise<Input | undefined>,
  isAnswered = false,
): Promise<Conclusion> {
  const conclusion: Conclusion = { state: before, events: [], emails: [] };
  const inputs = [first];
  for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
    const decision = decide(id, conclusion.state, input, now());
    const { events, effects, refused, tombstone, orphaned, unusable } = decision;
    const step = advance(conclusion.state, decision, now());
    conclusion.state = step.state;
    conclusion.events.push(...events);
    conclusion.emails.push(...step.emails);
    Object.assign(
      conclusion,
      refused && { refused },
      tombstone && { tombstone },
      orphaned && { orphaned },
      unusable && { unusable },
    );
    for (const effect of effects) {
      const answer = await perform(effect, conclusion.state);
      if (answer) inputs.push(answer);
    }
  }
  if (conclusion.state !== undefined) {
    const isForgotten = isAnswered && conclusion.refused !== undefined;
    const eventId = first.type === 'command' && !isForgotten ? first.command.eventId : undefined;
    conclusion.state = settle(conclusion.state, eventId, conclusion.events.length > 0);
  }
  return conclusion;
}

/** The state after a decision, and the e-mails that it calls for. */
function advance(
  state: State | undefined,
  decision: Decision,
  now: Instant,
): { state: State | undefined; emails: Email[] } {
  const { events, asOf, ahead, customerAsOf, paidAsOf, apiVersion, dealtWith } = decision;
  const befores: (State | undefined)[] = [];
  let last = state;
  for (const event of events) {
    befores.push(last);
    last = evolve(last, event);
  }
  if (last === undefined) return { state, emails: [] };
  const after: State = {
    ...last,
    ...(asOf !== undefined && { asOf }),
    ...(ahead !== undefined && { ahead: ahead || undefined }),
    ...(customerAsOf !== undefined && { customerAsOf }),
    ...(paidAsOf !== undefined && { paidAsOf }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(dealtWith !== undefined && { seen: remember(last.seen, dealtWith) }),
  };
  return {
    state: after,
    emails: events.flatMap((event, i) => emailsFor(event, befores[i], after, now)),
  };
}

/** Once a message is dealt with it is not applied again, and a change has a number of its own. */
const settle = (state: State, eventId: string | undefined, hasChanged: boolean): State => ({
  ...state,
  seen: eventId === undefined ? state.seen : remember(state.seen, eventId),
  version: state.version + (hasChanged ? 1 : 0),
});
