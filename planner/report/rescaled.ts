import type { Sample } from '../workload/workload.ts';

/** The same arrivals `factor` times as fast: bursts stay what they are. */
export function speedUp(samples: readonly Sample[], factor: number): Sample[] {
  // Seeds of a trace share its array, and so they do afterwards.
  const sped = new Map<Float64Array, Float64Array>();
  return samples.map(({ seed, arrivals }) => {
    const known = sped.get(arrivals) ?? arrivals.map(arrival => arrival / factor);
    sped.set(arrivals, known);
    return { seed, arrivals: known };
  });
}
