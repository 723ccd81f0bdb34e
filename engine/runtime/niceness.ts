/**
 * Which threads go first where there are fewer cores than busy threads. What replicas compute gives way to the event
 * loop, which has little to do at a time but whom everything waits for: answers, new queries, and idle replicas.
 */
import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** What `nice` would add by default: about a tenth of the share that a thread of usual priority has. */
const below = 10;

/**
 * For piscina: how much lower than that of its process a thread's priority is. On macOS it would be the whole
 * process's.
 */
export const threadNiceness = process.platform === 'darwin' ? 0 : below;

/**
 * Lowers the priority of every thread of this process but the event loop's: of those that compile JavaScript, collect
 * garbage, and decode pictures. A core that they hold would be the loop's again only a slice of the scheduler later,
 * some 3 ms. Linux alone tells one thread from another; elsewhere nothing changes.
 */
export function eventLoopFirst(): void {
  if (process.platform !== 'linux') return;
  const priority = Math.min(constants.priority.PRIORITY_LOW, getPriority() + below);
  for (const thread of readdirSync('/proc/self/task').map(Number)) {
    try {
      if (thread !== process.pid) setPriority(thread, priority);
    } catch {
      // It has ended meanwhile.
    }
  }
}

/** Lowers the priority of this process below its parent's. */
export function giveWay(): void {
  try {
    setPriority(below);
  } catch {
    // It may be lower than that already, or not for us to say: then it stays what it is.
  }
}
