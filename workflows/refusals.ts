import { ApplicationFailure } from '@temporalio/workflow';

import type { Refusal } from './domain/decision.ts';
import { FAILURES } from './domain/failures.ts';

/** A refusal, as whoever asked by update is told of it. */
export const asFailure = (refused: Refusal | undefined): ApplicationFailure | undefined =>
  refused &&
  ApplicationFailure.nonRetryable(
    refused.reason,
    refused.isInvalid ? FAILURES.invalid : FAILURES.refused,
  );

/** Who has seen another version is not obeyed. */
export const outdated = (
  wanted: number | undefined,
  version: number | undefined,
): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    `The subscription is at version ${version} by now, not at ${wanted}: look at it again.`,
    FAILURES.outdated,
  );
