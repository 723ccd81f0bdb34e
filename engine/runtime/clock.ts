/** Time as the runtime sees it: handed in, so that a test can drive everything in virtual time. */
export interface Clock {
  /** Milliseconds since some fixed moment; never runs backwards. */
  now(): number;
  /** Calls `action` once at `time` (at once if that has passed). Returns what calls it off. */
  at(time: number, action: () => void): () => void;
}

/** The machine's monotonic clock. */
export const realClock: Clock = {
  now: () => performance.now(),
  at(time, action) {
    const timer = setTimeout(action, Math.max(0, time - performance.now()));
    return () => clearTimeout(timer);
  },
};
