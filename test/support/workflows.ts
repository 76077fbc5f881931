import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { inject } from 'vitest';

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

  readonly activities: Activities = {
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
      const executable = { type: 'existing-path' as const, path: inject('testServer') };
      env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
      try {
        await addSearchAttributes(env.connection, env.namespace ?? 'default');
        const worker = await Worker.create({
          connection: env.nativeConnection,
          workflowBundle: { codePath: inject('workflowBundle') },
          taskQueue: TASK_QUEUE,
          activities: world.activities,
        });
        return await worker.runUntil(story(new Queue(env)));
      } finally {
        await env.teardown();
      }
    },
  };
}

/** What the event consumer does, for tests. */
export class Queue {
  readonly #env: TestWorkflowEnvironment;

  constructor(env: TestWorkflowEnvironment) {
    this.#env = env;
  }

  /** Signals with start, as the consumer does. */
  async send(id: string, command: Command, status: Status = 'trialing', policy?: Policy) {
    const input: LifecycleInput = { id, ...(policy && { policy }) };
    return this.#env.client.workflow.signalWithStart(workflowFor(status), {
      workflowId: workflowId(id),
      taskQueue: TASK_QUEUE,
      args: [input],
      signal: COMMAND_SIGNAL,
      signalArgs: [command],
    });
  }

  /** The virtual time of the server, as an instant. */
  async now(): Promise<string> {
    return new Date(await this.#env.currentTimeMs()).toISOString();
  }
}
