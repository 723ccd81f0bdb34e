/** Time as the runtime sees it: handed in, so that a test can drive everything in virtual time. */
export interface Clock {
  /** Milliseconds since some fixed moment; never runs backwards. */
  now(): number;
  /** Calls `action` once at `time` (at once if that has passed). Returns what calls it off. */
  at(time: number, action: () => void): () => void;
}

/** Most milliseconds that a timer of Node takes; one of more goes off at once. */
const longestTimer = 2 ** 31 - 1;

/** The machine's monotonic clock. */
export const realClock: Clock = {
  now: () => performance.now(),
  at(time, action) {
    let timer: NodeJS.Timeout;
    const wait = () => {
      const left = time - performance.now();
      if (left > longestTimer) timer = setTimeout(wait, longestTimer);
      else timer = setTimeout(action, Math.max(0, left));
    };
    wait();
    return () => clearTimeout(timer);
  },
};
