import type { Decision } from './decision.ts';
import { emailsFor, type Email } from './emails.ts';
import { evolve } from './evolve.ts';
import { remember } from './fingerprint.ts';
import type { State } from './state.ts';

/** The state after a decision, and the e-mails that it calls for. */
export function advance(
  state: State | undefined,
  decision: Decision,
): { state: State | undefined; emails: Email[] } {
  const befores: (State | undefined)[] = [];
  let after = state;
  for (const event of decision.events) {
    befores.push(after);
    after = evolve(after, event);
  }
  if (after === undefined) return { state, emails: [] };
  const final: State = {
    ...after,
    ...(decision.asOf !== undefined && { asOf: decision.asOf }),
    ...(decision.ahead !== undefined && { ahead: decision.ahead || undefined }),
  };
  const emails = decision.events.flatMap((event, i) => emailsFor(event, befores[i], final));
  return { state: final, emails };
}

/** The state once the message is dealt with: it is not applied again, and a change has a number of its own. */
export const settle = (state: State, eventId: string | undefined, changed: boolean): State => ({
  ...state,
  seen: eventId === undefined ? state.seen : remember(state.seen, eventId),
  version: state.version + (changed ? 1 : 0),
});
