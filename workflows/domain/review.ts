import type { JobLine, JobView } from './jobs.ts';
import type { Juror, Opinion, Vote } from './jurors.ts';
import type { Money } from './state.ts';
import type { Duration, Instant } from './time.ts';

/** A disputed charge that jurors judge. */
export interface ReviewRequest {
  /** The provider's id of the dispute. */
  dispute: string;
  charge?: string;
  subscription?: string;
  amount?: Money;
  /** The bank's word for why. */
  reason?: string;
  /** All of them unless given. */
  jurors?: Juror[];
  /** How long a juror may take; a minute unless given. */
  patience?: Duration;
  /** Until when people may be asked; seven days unless given. */
  respondBy?: Instant;
}

/** What the workflow is started with. */
export interface ReviewInput extends ReviewRequest {
  id: string;
  requestedAt: Instant;
}

/** To give the money back, to object, or that nobody can tell. */
export type Verdict = Opinion | 'undecided';

/** Answers to a step, by somebody who has looked at it. */
export interface StepFeedback {
  opinion: Opinion | 'abstain';
  by?: string;
  note?: string;
}

/** The body of an update, or of a signal: which step, and the answer to it. */
export interface FeedbackRequest extends StepFeedback {
  stepId: string;
}

/** Something that a person has to say, and what was found out for them. */
export interface Step {
  id: string;
  question: string;
  /** What the analysis found; absent when it found nothing out. */
  analysis?: Analysis;
}

/** The facts of a dispute, for a person; no personal data. */
export type Analysis = Record<string, unknown>;

/** What is known of a review that runs. */
export interface Review {
  votes: Vote[];
  /** Those that wait for somebody. */
  waiting: Step[];
  verdict?: Verdict;
}

export const NEW_REVIEW: Review = { votes: [], waiting: [] };

/** The step that decides when everything else leaves a tie. */
const LAST_STEP = 'decision';

/** What most of those who have an opinion say; undefined in a tie. */
export function majority(votes: readonly Vote[]): Opinion | undefined {
  const count = (wanted: Opinion): number =>
    votes.filter(({ opinion }) => opinion === wanted).length;
  const [accept, contest] = [count('accept'), count('contest')];
  if (accept === contest) return undefined;
  return accept > contest ? 'accept' : 'contest';
}

/** Takes the votes of the jury: a verdict, or else the steps that somebody has to answer. */
export function heard(votes: Vote[]): Review {
  const verdict = majority(votes);
  return verdict === undefined
    ? { votes, waiting: stepsAfter(votes) }
    : { votes, waiting: [], verdict };
}

/** In a tie people speak in place of the jurors that had nothing to say; where all have spoken, somebody decides. */
function stepsAfter(votes: readonly Vote[]): Step[] {
  const silent = votes.filter(({ opinion }) => opinion === 'abstain');
  if (silent.length === 0) {
    return [
      { id: LAST_STEP, question: 'The jury is in a tie: accept the dispute, or contest it?' },
    ];
  }
  return silent.map(({ juror, because }) => ({
    id: stepOf(juror),
    question: `The juror "${juror}" has no opinion (${because}): what is yours?`,
  }));
}

const stepOf = (juror: string): string => `juror:${juror}`;

/** Why an answer to this step is not taken; undefined when it is. */
export function unanswerable({ waiting, verdict }: Review, stepId: string): string | undefined {
  if (waiting.some(({ id }) => id === stepId)) return undefined;
  if (verdict !== undefined) return `The review has already ended (${verdict}).`;
  const those = waiting.map(({ id }) => id).join(', ');
  return `The step ${stepId} does not wait for feedback${those && `; these do: ${those}`}.`;
}

/** Takes an answer to a step that waits for one. When the last one is there, the votes are counted again. */
export function answered(
  { votes, waiting }: Review,
  { stepId, opinion, by }: FeedbackRequest,
): Review {
  const still = waiting.filter(({ id }) => id !== stepId);
  const because = by === undefined ? 'somebody says so' : `${by} says so`;
  if (stepId === LAST_STEP) {
    return { votes, waiting: still, verdict: opinion === 'abstain' ? 'undecided' : opinion };
  }
  const then = votes.map((vote) =>
    stepOf(vote.juror) === stepId ? { ...vote, opinion, because } : vote,
  );
  if (still.length > 0) return { votes: then, waiting: still };
  const verdict = majority(then);
  return verdict === undefined
    ? { votes: then, waiting: stepsAfter([]) }
    : { votes: then, waiting: [], verdict };
}

/** Time is up: what has been said so far counts. */
export const closed = ({ votes }: Review): Review => ({
  votes,
  waiting: [],
  verdict: majority(votes) ?? 'undecided',
});

/** Every status of a review, in its order. */
export const REVIEW_STATUSES = ['judging', 'waiting', 'decided'] as const;

export const statusOf = ({ waiting, verdict }: Review): (typeof REVIEW_STATUSES)[number] => {
  if (verdict !== undefined) return 'decided';
  return waiting.length > 0 ? 'waiting' : 'judging';
};

/** What readers see of it. */
export function viewOf(
  { id, requestedAt, dispute, charge, subscription, amount, reason }: ReviewInput,
  review: Review,
  version: number,
  now: Instant,
): JobView {
  const { votes, waiting, verdict } = review;
  return {
    kind: 'review',
    id,
    status: statusOf(review),
    version,
    createdAt: requestedAt,
    updatedAt: now,
    endedAt: verdict === undefined ? null : now,
    ...(subscription && { subscription }),
    dispute,
    ...(charge && { charge }),
    ...(amount && { amount }),
    ...(reason && { reason }),
    votes,
    waiting,
    verdict: verdict ?? null,
  };
}

/** The lines that votes leave in the timeline. */
export const votesAsLines = (votes: readonly Vote[], at: Instant): JobLine[] =>
  votes.map((vote) => ({ at, type: 'vote', ...vote }));
