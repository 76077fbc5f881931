import { readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';

/** What has been taken already, by which stack: kept beside the source, so that a second run goes on where the first ended. */
export interface Progress {
  has(id: string): boolean;
  add(id: string): Promise<void>;
}

/** One line for each message: the stack's address and the message's id, which is a hash. */
export function openProgress(file: string, url: string): Progress {
  const done = new Set(read(file));
  const lineOf = (id: string): string => `${url} ${id}`;
  return {
    has: (id) => done.has(lineOf(id)),
    async add(id) {
      await appendFile(file, `${lineOf(id)}\n`);
      done.add(lineOf(id));
    },
  };
}

/** A last line that a crash has cut is of no use, and does no harm: its message is sent again, and taken for what it is. */
function read(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
