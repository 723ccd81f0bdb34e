import { readFileSync } from 'node:fs';

/** On Linux: nanoseconds on a core, nanoseconds that it waited for one, and how often it got one. */
const account = '/proc/thread-self/schedstat';

function fromAccount(): number | null {
  try {
    return Number.parseInt(readFileSync(account, 'utf8')) / 1e6;
  } catch {
    return null;
  }
}

/**
 * Milliseconds that this thread has worked, as the system's scheduler counts it: exact over a second or so. Elsewhere
 * than on Linux those in which its event loop was active, which may be more where cores are lacking.
 */
export function threadTime(): number {
  return fromAccount() ?? performance.eventLoopUtilization().active;
}
