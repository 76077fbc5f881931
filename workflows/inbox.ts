import type { ApplicationFailure } from '@temporalio/workflow';

import type { Command } from './domain/commands.ts';

/** A command, and who waits for its outcome when it came by update. */
export interface Message {
  command: Command;
  /** The version that the caller has seen. */
  ifVersion?: number | undefined;
  done?: (failure: ApplicationFailure | undefined) => void;
}

/** What has come and is still to be obeyed, in this order. */
export class Inbox {
  readonly #messages: Message[];

  constructor(commands: Command[] = []) {
    this.#messages = commands.map(alone);
  }

  get isEmpty(): boolean {
    return this.#messages.length === 0;
  }

  /** What another run can take over. */
  get commands(): Command[] {
    return this.#messages.map(({ command }) => command);
  }

  push(command: Command): void {
    this.#messages.push({ command });
  }

  /** Puts commands before all others. */
  unshift(commands: Command[]): void {
    this.#messages.unshift(...commands.map(alone));
  }

  shift(): Message {
    return this.#messages.shift()!;
  }

  /** Resolves once everything that follows from the command is recorded; rejects when it is refused. */
  ask(command: Command, ifVersion: number | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const done: Message['done'] = (failure) => (failure ? reject(failure) : resolve());
      this.#messages.push({ command, ifVersion, done });
    });
  }
}

const alone = (command: Command): Message => ({ command });
