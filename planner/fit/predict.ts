/** Predicts how each of several pipelines would do that run side by side on the hardware they share. */
import { costOf } from '../cost.ts';
import {
  isFeasible,
  type Estimate,
  type GroupEstimate,
  type PoolEstimate,
  type StageEstimate,
} from '../estimate.ts';
import { percentileOf } from '../percentile.ts';
import type { SimulatedPool } from '../simulation/deployment.ts';
import type { Outcome } from '../simulation/outcome.ts';
import type { Fitted } from './fit.ts';

/** Milliseconds with three digits after the point. */
const rounded = (time: number): number => Math.round(time * 1000) / 1000;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/**
 * Simulates what was fitted at the rate that was found, to its end.
 *
 * @returns by part; costs are of its own replicas, and the main thread is that of all
 */
export function predictParts({ problem, placements, samples, groups }: Fitted): Estimate[] {
  const outcomes = problem.simulate(placements, samples);
  const deployed = problem.deploymentOf(placements).groups;
  const end = sum(outcomes.map(outcome => outcome.end));
  let first = 0;
  return problem.parts.map(({ system, slo }, part) => {
    const bySeed = outcomes.map(({ latencies }, seed) => {
      const of = samples[seed]!.parts;
      return latencies.filter((_, query) => !of || of[query] === part).sort();
    });
    const latencies = Float64Array.from(bySeed.flatMap(seed => [...seed])).sort();
    const estimates = placements.flatMap((placement, g) =>
      placement.part === part ? [groupEstimate(placement.group.stages, g, deployed[g]!.pools, outcomes)] : [],
    );
    const stages = system.structure.stages.map(({ name, index }) =>
      stageEstimate(name, first + index, latencies.length, outcomes),
    );
    first += stages.length;
    const watched = bySeed.map(seed => percentileOf(seed, slo[0]!.percentile));
    const cost = costOf(system, groups[part]!);
    const percentiles = new Set([50, 95, 99, ...slo.map(({ percentile }) => percentile)]);
    return {
      feasible: isFeasible(latencies, slo),
      predicted: {
        ...Object.fromEntries(
          [...percentiles]
            .sort((a, b) => a - b)
            .map(percentile => [`p${percentile}`, rounded(percentileOf(latencies, percentile))]),
        ),
        spread: [rounded(Math.min(...watched)), rounded(Math.max(...watched))],
        ...(cost !== undefined && { cost }),
        utilisation: Object.fromEntries(
          estimates.map(({ name, utilisation }) => [name, rounded(utilisation)]),
        ),
      },
      latencies,
      groups: estimates,
      stages,
      main: sum(outcomes.map(({ mainBusy }) => mainBusy)) / end,
    };
  });
}

function groupEstimate(
  stages: readonly string[],
  g: number,
  deployed: readonly SimulatedPool[],
  outcomes: readonly Outcome[],
): GroupEstimate {
  const end = sum(outcomes.map(outcome => outcome.end));
  const all = sum(outcomes.flatMap(({ pools }) => pools[g]!.map(({ items }) => items)));
  const pools = deployed.map(({ hardware, batch, replicas }, p): PoolEstimate => {
    const counts = outcomes.map(outcome => outcome.pools[g]![p]!);
    const items = sum(counts.map(count => count.items));
    const batches = sum(counts.map(count => count.batches));
    return {
      hardware,
      batch,
      replicas,
      utilisation: sum(counts.map(({ busy }) => busy)) / (replicas * end),
      meanBatch: batches === 0 ? 0 : items / batches,
      share: all === 0 ? 0 : items / all,
    };
  });
  const replicas = sum(pools.map(pool => pool.replicas));
  return {
    name: stages.join('+'),
    stages,
    utilisation: sum(pools.map(pool => pool.utilisation * pool.replicas)) / replicas,
    mostWaiting: Math.max(...outcomes.map(({ groups }) => groups[g]!.mostWaiting)),
    pools,
  };
}

function stageEstimate(
  name: string,
  stage: number,
  queries: number,
  outcomes: readonly Outcome[],
): StageEstimate {
  const counts = outcomes.map(({ stages }) => stages[stage]!);
  const items = sum(counts.map(count => count.items));
  const per = (total: number) => (items === 0 ? 0 : total / items);
  return {
    name,
    items: items / queries,
    queue: per(sum(counts.map(({ queue }) => queue))),
    service: per(sum(counts.map(({ service }) => service))),
  };
}
