import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, inject } from 'vitest';

import { addSearchAttributes } from '../../local/temporal/namespace.ts';
import type { Activities, Publication } from '../../workflows/activities.ts';
import type { Command } from '../../workflows/domain/commands.ts';
import {
  COMMAND_SIGNAL,
  workflowFor,
  workflowId,
  type LifecycleInput,
} from '../../workflows/domain/contract.ts';
import type { Email } from '../../workflows/domain/emails.ts';
import type { Status } from '../../workflows/domain/state.ts';
import { quietRuntime } from './quiet-runtime.ts';

quietRuntime();

/** Activities that remember what they were asked for; each can be replaced. */
export class FakeWorld {
  readonly publications: Publication[] = [];
  readonly emails: Email[] = [];
  readonly charges: string[] = [];
  readonly letters: string[] = [];
  readonly notes: string[] = [];

  readonly activities: Activities = {
    charge: ({ key }) => {
      this.charges.push(key);
      return Promise.resolve({ outcome: 'paid' });
    },
    fetchSubscription: () => Promise.resolve(null),
    cancelSubscription: () => Promise.resolve(null),
    findTombstone: () => Promise.resolve(null),
    noteIgnored: ({ eventId }) => {
      this.notes.push(eventId);
      return Promise.resolve();
    },
    publish: (publication) => {
      this.publications.push(publication);
      this.emails.push(...publication.emails);
      return Promise.resolve([]);
    },
    sendEmails: (emails) => {
      this.emails.push(...emails);
      return Promise.resolve();
    },
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

/** A time-skipping server of the file's own, with a worker for each test. */
export function useTemporal() {
  let env: TestWorkflowEnvironment;
  beforeAll(async () => {
    const executable = { type: 'existing-path' as const, path: inject('testServer') };
    env = await TestWorkflowEnvironment.createTimeSkipping({ server: { executable } });
    await addSearchAttributes(env.connection, env.namespace ?? 'default');
  });
  afterAll(() => env.teardown());

  let count = 0;
  return {
    get env() {
      return env;
    },
    /** Runs `story` while a worker serves a task queue of its own. */
    async run<T>(world: FakeWorld, story: (queue: Queue) => Promise<T>): Promise<T> {
      const taskQueue = `queue-${process.pid}-${count++}`;
      const worker = await Worker.create({
        connection: env.nativeConnection,
        workflowBundle: { codePath: inject('workflowBundle') },
        taskQueue,
        activities: world.activities,
      });
      const queue = new Queue(env, taskQueue);
      return worker.runUntil(async () => {
        try {
          return await story(queue);
        } finally {
          // A workflow that nobody serves any more would hold up the server's time for the next test.
          await queue.terminateAll();
        }
      });
    },
  };
}

/** What the event consumer does, for tests. */
export class Queue {
  readonly #env: TestWorkflowEnvironment;

  readonly #started = new Set<string>();
  /** The task queue. */
  readonly name: string;

  constructor(env: TestWorkflowEnvironment, name: string) {
    this.#env = env;
    this.name = name;
  }

  /** A subscription id that no other test uses. */
  id(name: string): string {
    return `${this.name}-${name}`;
  }

  /** Signals with start, as the consumer does. */
  async send(id: string, command: Command, status: Status = 'trialing') {
    const input: LifecycleInput = { id };
    this.#started.add(workflowId(id));
    return this.#env.client.workflow.signalWithStart(workflowFor(status), {
      workflowId: workflowId(id),
      taskQueue: this.name,
      args: [input],
      signal: COMMAND_SIGNAL,
      signalArgs: [command],
    });
  }

  async terminateAll(): Promise<void> {
    for (const id of this.#started) {
      await this.#env.client.workflow
        .getHandle(id)
        .terminate()
        .catch(() => undefined);
    }
  }

  /** The virtual time of the server, as an instant. */
  async now(): Promise<string> {
    return new Date(await this.#env.currentTimeMs()).toISOString();
  }
}
