/** How late the event loop is, looked at every millisecond. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Milliseconds. */
export interface LoopDelay {
  p50: number;
  p99: number;
  max: number;
}

/** Milliseconds between two looks. Node counts them as delay, so they are taken off again. */
const resolution = 1;

/** Intervals that are kept: with five seconds each, a minute. */
const kept = 12;

/** `nanoseconds` late, in milliseconds. */
function late(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - resolution);
}

export class LoopDelayMonitor {
  readonly #histogram = monitorEventLoopDelay({ resolution });
  readonly #intervals: LoopDelay[] = [];

  constructor() {
    this.#histogram.enable();
  }

  /** Ends an interval. */
  turn(): void {
    const now = this.#now();
    if (now) this.#intervals.push(now);
    if (this.#intervals.length > kept) this.#intervals.shift();
    this.#histogram.reset();
  }

  /** Of the last minute: the highest of its intervals' p99 and maxima, and the middle one of their medians. */
  minute(): LoopDelay {
    const now = this.#now();
    const all = now ? [...this.#intervals, now] : this.#intervals;
    if (all.length === 0) return { p50: 0, p99: 0, max: 0 };
    const medians = all.map(({ p50 }) => p50).toSorted((a, b) => a - b);
    return {
      p50: medians[medians.length >> 1]!,
      p99: Math.max(...all.map(({ p99 }) => p99)),
      max: Math.max(...all.map(({ max }) => max)),
    };
  }

  close(): void {
    this.#histogram.disable();
  }

  #now(): LoopDelay | null {
    const histogram = this.#histogram;
    if (histogram.count === 0) return null;
    return {
      p50: late(histogram.percentile(50)),
      p99: late(histogram.percentile(99)),
      max: late(histogram.max),
    };
  }
}
