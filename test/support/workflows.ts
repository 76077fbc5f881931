import type { WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { expect, inject } from 'vitest';

import { addSearchAttributes } from '../../local/temporal/namespace.ts';
import type { Activities, ChargeRequest, Publication } from '../../workflows/activities.ts';
import type { Command } from '../../workflows/domain/commands.ts';
import {
  COMMAND_SIGNAL,
  TASK_QUEUE,
  workflowFor,
  workflowId,
  type LifecycleInput,
} from '../../workflows/domain/contract.ts';
import type { Email } from '../../workflows/domain/emails.ts';
import type { JobChange } from '../../workflows/domain/jobs.ts';
import type { Policy } from '../../workflows/domain/policy.ts';
import { NEW_REPORT } from '../../workflows/domain/reconcile.ts';
import type { Status } from '../../workflows/domain/state.ts';
import { FakeBatches } from './batches.ts';
import { quietRuntime } from './quiet-runtime.ts';

quietRuntime();

/** Activities that remember what they were asked for; each can be replaced. */
export class FakeWorld {
  readonly publications: Publication[] = [];
  readonly emails: Email[] = [];
  readonly charges: string[] = [];
  readonly requests: ChargeRequest[] = [];
  readonly letters: string[] = [];
  readonly jobs: JobChange[] = [];
  readonly notes: string[] = [];
  readonly batches = new FakeBatches();

  readonly activities: Activities = {
    ...this.batches.activities,
    charge: (request) => {
      this.charges.push(request.key);
      this.requests.push(request);
      return Promise.resolve({ outcome: 'paid' });
    },
    fetchSubscription: () => Promise.resolve(null),
    askProvider: () => Promise.resolve({ subscription: null }),
    awaitAuthentication: () => Promise.resolve({ isPaid: false }),
    lookAround: () => Promise.resolve({ hadTrial: false, isBack: false }),
    findTraces: () => Promise.resolve({}),
    wasCharged: ({ key }) => Promise.resolve(this.charges.includes(key)),
    noteIgnored: ({ eventId }) => {
      this.notes.push(eventId);
      return Promise.resolve();
    },
    publish: (publication) => {
      this.publications.push(publication);
      this.emails.push(...publication.emails);
      return Promise.resolve({});
    },
    sendEmails: (emails) => {
      this.emails.push(...emails);
      return Promise.resolve();
    },
    deliverEvents: () => Promise.resolve(),
    judge: () => Promise.resolve({ opinion: 'abstain', because: 'nobody asked' }),
    analyse: () => Promise.resolve({}),
    reconcile: () => Promise.resolve(NEW_REPORT),
    publishJob: ({ change, emails }) => {
      this.jobs.push(change);
      this.emails.push(...emails);
      return Promise.resolve({});
    },
    chargeOrder: () => Promise.resolve({ outcome: 'paid' }),
    awaitSettlement: () => Promise.resolve({ outcome: 'paid' }),
    refundOrder: ({ amount }) => Promise.resolve({ refunded: amount }),
    reserve: () => Promise.resolve(),
    release: () => Promise.resolve(),
    fulfil: () => Promise.resolve(),
    recall: () => Promise.resolve(),
    resendEmail: () => Promise.resolve(true),
    deadLetter: ({ command, reason }) => {
      this.letters.push(`${command.eventId}: ${reason}`);
      return Promise.resolve();
    },
  };

  /** The e-mails as `type at`, in the order in which they went out. */
  get mail(): string[] {
    return this.emails.map(({ type, at }) => `${type} ${at}`);
  }
}

/** Time-skipping servers, of which every test has its own: what another one left open would hold up its time. */
export function useTemporal() {
  let env: TestWorkflowEnvironment;
  return {
    get env() {
      return env;
    },
    /** Runs `story` while a worker serves it. */
    async run<T>(world: FakeWorld, story: (queue: Queue) => Promise<T>): Promise<T> {
      env = await startServer();
      const queue = new Queue(env);
      try {
        await addSearchAttributes(env.connection, env.namespace ?? 'default');
        const worker = await Worker.create({
          connection: env.nativeConnection,
          workflowBundle: { codePath: inject('workflowBundle') },
          taskQueue: TASK_QUEUE,
          activities: world.activities,
        });
        const outcome = await worker.runUntil(story(queue));
        expect(await queue.replay()).toEqual([]);
        return outcome;
      } finally {
        await env.teardown();
      }
    },
  };
}

/** Within the five seconds that the SDK allows a server, a busy machine may not have begun to run it. */
async function startServer(tries = 3): Promise<TestWorkflowEnvironment> {
  const executable = { type: 'existing-path' as const, path: inject('testServer') };
  try {
    return await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
  } catch (error) {
    if (tries <= 1 || !String(error).includes('did not start within')) throw error;
    return startServer(tries - 1);
  }
}

/** What the event consumer does, for tests. */
export class Queue {
  readonly #env: TestWorkflowEnvironment;
  /** The workflows that were sent to, by the run that took it. */
  readonly #sent = new Map<string, string>();

  constructor(env: TestWorkflowEnvironment) {
    this.#env = env;
  }

  /** Signals with start, as the consumer does. */
  async send(id: string, command: Command, status: Status = 'trialing', policy?: Policy) {
    const input: LifecycleInput = { id, ...(policy && { policy }) };
    const handle = await this.#env.client.workflow.signalWithStart(workflowFor(status), {
      workflowId: workflowId(id),
      taskQueue: TASK_QUEUE,
      args: [input],
      signal: COMMAND_SIGNAL,
      signalArgs: [command],
    });
    this.#sent.set(handle.signaledRunId, handle.workflowId);
    return handle;
  }

  /**
   * Runs all that was sent to once more from its history, as a worker does that has forgotten it; answers with what went
   * another way than it did the first time.
   */
  async replay(): Promise<string[]> {
    const violations: string[] = [];
    const options = { workflowBundle: { codePath: inject('workflowBundle') } };
    for await (const { workflowId: of, error } of Worker.runReplayHistories(
      options,
      this.#histories(),
    )) {
      if (error) violations.push(`${of}: ${error.message}`);
    }
    return violations;
  }

  async *#histories() {
    for (const [first, id] of this.#sent) {
      let run: string | undefined = first;
      while (run !== undefined) {
        const handle: WorkflowHandle = this.#env.client.workflow.getHandle(id, run);
        const history = await handle.fetchHistory();
        yield { workflowId: id, history };
        const { newExecutionRunId } =
          history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes ?? {};
        run = newExecutionRunId ?? undefined;
      }
    }
  }

  /** The virtual time of the server, as an instant. */
  async now(): Promise<string> {
    return new Date(await this.#env.currentTimeMs()).toISOString();
  }
}
