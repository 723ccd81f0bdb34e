/** Histograms that were counted elsewhere, as prom-client wants to be given them when it is asked. */
import { Histogram, type Registry } from 'prom-client';
import type { LogHistogram } from './log-histogram.ts';

/** One histogram of a family. */
export interface Series {
  labels: Record<string, string>;
  histogram: LogHistogram;
}

export interface PresentedHistogramOptions {
  name: string;
  help: string;
  registry: Registry;
  /** Upper bounds, in what the histograms count: edges of their buckets. */
  bounds: readonly number[];
  /** Of what the histograms count to the base unit: 1,000 for seconds. */
  per: number;
  series(): Series[];
}

/** Without the last digits that a division leaves behind. */
function inBaseUnit(value: number, per: number): number {
  return Number((value / per).toPrecision(12));
}

/** A line of the text. */
interface Line {
  metricName: string;
  labels: { le?: number | string };
  /** Joined to the others; one object for all lines of a series, whose text prom-client keeps. */
  sharedLabels: Readonly<Record<string, string>>;
  value: number;
}

export class PresentedHistogram extends Histogram {
  readonly #options: PresentedHistogramOptions;

  constructor(options: PresentedHistogramOptions) {
    super({ name: options.name, help: options.help, registers: [options.registry] });
    this.#options = options;
  }

  /** What the registry asks for, and `get` too; prom-client's types leave it out. */
  async getForPromString(): Promise<object> {
    const { name, help, series } = this.#options;
    return {
      name,
      help,
      type: 'histogram',
      aggregator: 'sum',
      values: series().flatMap(one => this.#lines(one)),
    };
  }

  #lines({ labels: sharedLabels, histogram }: Series): Line[] {
    const { name, bounds, per } = this.#options;
    const counts = histogram.cumulative(bounds);
    const line = (suffix: string, value: number, labels: Line['labels'] = {}): Line => {
      return { metricName: `${name}_${suffix}`, labels, sharedLabels, value };
    };
    return [
      ...bounds.map((bound, place) => line('bucket', counts[place]!, { le: inBaseUnit(bound, per) })),
      line('bucket', histogram.count, { le: '+Inf' }),
      line('sum', inBaseUnit(histogram.sum, per)),
      line('count', histogram.count),
    ];
  }
}
