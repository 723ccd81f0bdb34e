/**
 * Which threads go first where there are fewer cores than busy threads. What replicas compute gives way to the event
 * loop, which has little to do at a time but whom everything waits for: answers, new queries, and idle replicas.
 */
import { setPriority } from 'node:os';

/** What `nice` would add by default: about a tenth of the share that a thread of usual priority has. */
const below = 10;

/**
 * For piscina: how much lower than that of its process a thread's priority is. On macOS it would be the whole
 * process's.
 */
export const threadNiceness = process.platform === 'darwin' ? 0 : below;

/** Lowers the priority of this process below its parent's. */
export function giveWay(): void {
  try {
    setPriority(below);
  } catch {
    // It may be lower than that already, or not for us to say: then it stays what it is.
  }
}
