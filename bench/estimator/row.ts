import { figure } from '../report.ts';

type Percentiles = Record<'p50' | 'p95' | 'p99', number>;

/** One cell of a fidelity table. Times in milliseconds; `floor` is by what share two runs of the same draws differ. */
export interface Row {
  pipeline: string;
  rate: number;
  cv: number;
  utilisation: number;
  predicted: Percentiles;
  measured: Percentiles;
  floor: Percentiles;
}

export function percentilesOf(of: (percentile: number) => number): Percentiles {
  return { p50: figure(of(50)), p95: figure(of(95)), p99: figure(of(99)) };
}

/** By what share the measurement is off the prediction. */
export function errorOf({ predicted, measured }: Row, name: keyof Percentiles): number {
  return Math.abs(measured[name] / predicted[name] - 1);
}
