/** What became of the queries sent: latencies in an HDR histogram (Tene), and counts by outcome. */
import { build, type Histogram } from 'hdr-histogram-js';
import type { ErrorCode } from '../../operators/index.ts';

/** How a query ended that was not answered: one of the server's codes, or no word from it at all. */
export type Failure = ErrorCode | 'no-answer' | 'not-sent';

/** Microseconds of the longest latency that is told apart: an hour. */
const longest = 3_600_000_000;

export interface Objective {
  /** 0 to 100. */
  percentile: number;
  /** Milliseconds. */
  limit: number;
}

/** Latencies in milliseconds, from the intended arrival to the answer. */
export interface Latencies {
  p50: number;
  p90: number;
  p95: number;
  p99: number;
  'p99.9': number;
  max: number;
  mean: number;
}

export interface Summary {
  sent: number;
  answered: number;
  failed: Partial<Record<Failure, number>>;
  latency: Latencies;
  /** Latencies of refusals: queries that the server answered `overloaded`. */
  refusal: Latencies;
  /** By objective, `p99 ≤ 100 ms` as `p99`: its limit and the share of all queries answered within it. */
  slo: Record<string, { limit: number; within: number; met: boolean }>;
}

export class Tally {
  readonly #latencies: Histogram = make();
  readonly #refusals: Histogram = make();
  readonly #failed = new Map<Failure, number>();
  readonly #objectives: readonly Objective[];
  readonly #within: number[];
  answered = 0;
  failed = 0;

  constructor(objectives: readonly Objective[]) {
    this.#objectives = objectives;
    this.#within = objectives.map(() => 0);
  }

  answer(latency: number): void {
    this.answered++;
    this.#latencies.recordValue(microseconds(latency));
    for (const [index, { limit }] of this.#objectives.entries()) if (latency <= limit) this.#within[index]!++;
  }

  /** @param latency milliseconds from the intended arrival; undefined where there was no word */
  fail(failure: Failure, latency?: number): void {
    this.failed++;
    this.#failed.set(failure, (this.#failed.get(failure) ?? 0) + 1);
    if (latency !== undefined && failure === 'overloaded') this.#refusals.recordValue(microseconds(latency));
  }

  summary(): Summary {
    const sent = this.answered + this.failed;
    return {
      sent,
      answered: this.answered,
      failed: Object.fromEntries(this.#failed),
      latency: latenciesOf(this.#latencies),
      refusal: latenciesOf(this.#refusals),
      slo: Object.fromEntries(
        this.#objectives.map(({ percentile, limit }, index) => {
          const within = sent === 0 ? 0 : this.#within[index]! / sent;
          return [`p${percentile}`, { limit, within, met: within >= percentile / 100 }];
        }),
      ),
    };
  }

  /** The `percentile` of the answers' latencies so far, in milliseconds. */
  at(percentile: number): number {
    return this.#latencies.getValueAtPercentile(percentile) / 1000;
  }
}

function make(): Histogram {
  return build({
    bitBucketSize: 32,
    lowestDiscernibleValue: 1,
    highestTrackableValue: longest,
    numberOfSignificantValueDigits: 3,
  });
}

function microseconds(latency: number): number {
  return Math.min(longest, Math.max(1, Math.round(latency * 1000)));
}

function latenciesOf(histogram: Histogram): Latencies {
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1000;
  return {
    p50: at(50),
    p90: at(90),
    p95: at(95),
    p99: at(99),
    'p99.9': at(99.9),
    max: histogram.maxValue / 1000,
    mean: histogram.mean / 1000,
  };
}
