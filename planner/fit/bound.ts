/** What no plan can exceed, since cores and limited hardware are full then. */
import type { Kind, SearchGroup } from '../search/option.ts';
import { coresOf } from '../simulation/deployment.ts';
import type { Part, UnionProblem } from './union-problem.ts';

interface Stage {
  kinds: SearchGroup['kinds'];
  /** Items of it for every query of a part with share 1. */
  visits: number;
}

/**
 * A rate that no plan exceeds, in queries per second of a part with share 1: the work that only one host can do fills
 * its cores, or a stage all the hardware that can run it. Infinity where neither is limited.
 */
export function highestPossible(problem: UnionProblem): number {
  const stages = problem.parts.flatMap(({ system, share }, part) =>
    system.structure.stages.map(({ index }): Stage => {
      const { kinds, visits } = problem.groupOf(part, [index])!;
      return { kinds, visits: visits * share };
    }),
  );
  const { hosts } = problem.parts[0]!.system;
  const filled = hosts.map((of, host) => (1000 * coresOf(of)) / workOnlyOn(problem, stages, host));
  const held = stages.map(({ kinds, visits }) => (1000 * itemsPerMillisecond(problem, kinds)) / visits);
  return Math.min(Infinity, ...filled, ...held);
}

/** Replica milliseconds of an item, at least: what a batch costs beside its stages may be shared by fusing them. */
const leastWork = ({ work, pool, batch }: Kind): number => work - pool.wake / batch;

/** Threads of its host that it keeps busy, at least: on average over stages that share replicas, they may be fewer. */
const leastThreads = ({ system }: Part, { hardware, pool }: Kind): number =>
  Math.min(pool.threads, system.typeOf(hardware)?.threads ?? 1);

/** Core milliseconds, for every query of a part with share 1, of what no other hardware can run. */
function workOnlyOn({ parts }: UnionProblem, stages: readonly Stage[], host: number): number {
  return stages
    .filter(({ kinds }) => kinds.every(({ pool }) => pool.host === host))
    .reduce((sum, { kinds, visits }) => {
      const least = Math.min(...kinds.map(kind => leastWork(kind) * leastThreads(parts[0]!, kind)));
      return sum + visits * least;
    }, 0);
}

/** What all the hardware there is does of a stage, were it for that stage alone. */
function itemsPerMillisecond(problem: UnionProblem, kinds: SearchGroup['kinds']): number {
  const {
    hosts,
    hardware: { limits },
  } = problem.parts[0]!.system;
  const cores = hosts.map(coresOf);
  const byHost = new Map<number, number>();
  const byType = new Map<string, number>();
  for (const kind of kinds) {
    const { pool, hardware } = kind;
    const limit = limits[hardware] ?? Infinity;
    const raise = <Key>(best: Map<Key, number>, key: Key, rate: number) =>
      best.set(key, Math.max(best.get(key) ?? 0, rate));
    if (limit === 0) continue;
    if (pool.host >= 0)
      raise(byHost, pool.host, cores[pool.host]! / (leastWork(kind) * leastThreads(problem.parts[0]!, kind)));
    else raise(byType, hardware, limit / leastWork(kind));
  }
  return [...byHost.values(), ...byType.values()].reduce((sum, rate) => sum + rate, 0);
}
