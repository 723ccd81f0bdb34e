import { gammaArrivals } from './gamma.ts';
import type { Sample, Workload } from './workload.ts';

/** The arrivals of each seed: 1, 2, … A trace is the same for each, and its array is shared. */
export function drawSamples(workload: Workload): Sample[] {
  return Array.from({ length: workload.seeds }, (_, index) => {
    const seed = index + 1;
    const arrivals =
      workload.kind === 'trace'
        ? workload.arrivals
        : gammaArrivals(workload.rate, workload.cv, workload.queries, seed);
    return { seed, arrivals };
  });
}
