// Ends the stack's children when the stack itself has been killed: lives as long as the pipe on its standard input.
// Lines on it are `+<pid>` for a child that was started and `-<pid>` for one that has ended.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const children = new Set();
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) children.add(pid);
  else children.delete(pid);
}
for (const signal of ['SIGCONT', 'SIGTERM', 'SIGKILL']) {
  for (const pid of children) {
    try {
      process.kill(pid, signal);
    } catch {
      children.delete(pid);
    }
  }
  if (signal === 'SIGTERM' && children.size > 0) await sleep(2000);
}
