/** How fast is the estimator, on one core? */
import { estimate, gammaArrivals, deploy, simulate } from '../../planner/index.ts';
import type { BenchOptions } from '../bench.ts';
import { interleave, time } from '../measure.ts';
import { cases, chain, type Case } from './systems.ts';

/** Queries per second that a plan with all its replicas doubled is given: it is busy, and not overloaded. */
const rate = 40;

/** Stage-items per second of every round, by pipeline. */
export async function measureSpeed({ quick }: BenchOptions): Promise<Record<string, number[]>> {
  const [rounds, queries] = quick ? [2, 2000] : [7, 100_000];
  const way = ({ system, groups }: Case) => {
    const deployment = deploy(system, groups(3));
    const sample = { seed: 1, arrivals: gammaArrivals(rate, 1, queries, 1) };
    return async () => {
      let items = 0;
      const taken = await time(async () => {
        const { stages } = simulate(system.structure, deployment, sample);
        items = stages.reduce((sum, stage) => sum + stage.items, 0);
      });
      return (1000 * items) / taken;
    };
  };
  const ways = Object.fromEntries(cases.map(each => [each.name, way(each)]));
  // Once for all, so that what is measured is compiled.
  for (const run of Object.values(ways)) await run();
  return interleave(rounds, ways);
}

/** Seconds to estimate a plan for an hour of arrivals at 300 queries per second, in every round. */
export async function measureHour({ quick }: BenchOptions): Promise<number[]> {
  const [rounds, seconds] = quick ? [1, 36] : [5, 3600];
  const groups = chain.groups(12);
  const sample = { seed: 1, arrivals: gammaArrivals(300, 1, 300 * seconds, 1) };
  const run = () => time(async () => estimate(chain.system, groups, [sample], []));
  const { hour } = await interleave(rounds, { hour: async () => (await run()) / 1000 });
  return hour;
}
