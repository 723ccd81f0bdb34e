/** How many replicas each pool gets, so that every group can do what it must, within the limits of the hardware. */
import type { Provision } from './provision.ts';

/** By group and pool. */
export type Replicas = readonly (readonly number[])[];

/** Shares by which what is needed may be missed: rounding, and nothing else. */
const tolerance = 1e-9;

export interface AllotOptions {
  /** Queries per second of one replica, by group and pool. */
  throughput: readonly (readonly number[])[];
  /** Queries per second that each group must be able to do. */
  needs: ArrayLike<number>;
  /** What there is to begin with: only added to. */
  from: Replicas;
  /** Most replicas of one pool. */
  most: number;
}

export interface Allotted {
  replicas: Replicas;
  /** Numbers of the groups that the limits leave with less than they need. */
  short: readonly number[];
}

/** The least there can be: a replica of each pool. */
export function fewest({ groups }: Provision): Replicas {
  return groups.map(({ pools }) => pools.map(() => 1));
}

export function plannedReplicas({ groups }: Provision): Replicas {
  return groups.map(({ pools }) => pools.map(({ replicas }) => replicas));
}

/**
 * Adds replicas one by one, each time to the group that has the least of what it needs, so that where not all can have
 * enough the lack is shared. Within a group the plan's own replicas come first, then the ones that do most for their
 * price. `limits` and the cores of `hosts` bind all that goes beyond the plan.
 */
export function allot(provision: Provision, { throughput, needs, from, most }: AllotOptions): Allotted {
  const { groups } = provision;
  const replicas = from.map(pools => [...pools]);
  const capacity = replicas.map((pools, g) => capacityOf(pools, throughput[g]!));
  const open = new Set(groups.keys());
  const short: number[] = [];
  for (;;) {
    let first = -1;
    let least = 1 - tolerance;
    for (const g of open) {
      const share = needs[g]! > 0 ? capacity[g]! / needs[g]! : 1;
      if (share < least) [first, least] = [g, share];
    }
    if (first < 0) break;
    const pool = nextPool(provision, first, replicas, throughput[first]!, most);
    if (pool < 0) {
      open.delete(first);
      short.push(first);
      continue;
    }
    replicas[first]![pool]!++;
    capacity[first] = capacityOf(replicas[first]!, throughput[first]!);
  }
  return { replicas, short };
}

export function capacityOf(pools: readonly number[], throughput: readonly number[]): number {
  return pools.reduce((sum, count, pool) => sum + count * throughput[pool]!, 0);
}

/** The pool of a group that gets the next replica; -1: none may have more. */
function nextPool(
  provision: Provision,
  group: number,
  replicas: Replicas,
  throughput: readonly number[],
  most: number,
): number {
  const { pools } = provision.groups[group]!;
  let best = -1;
  let bestKey: readonly [beyond: number, cost: number] = [2, Infinity];
  for (const [pool, { replicas: planned, price, threads }] of pools.entries()) {
    const isPlanned = replicas[group]![pool]! < planned;
    if (!isPlanned && !mayGrow(provision, group, pool, replicas, most)) continue;
    const key = [isPlanned ? 0 : 1, (price > 0 ? price : threads) / throughput[pool]!] as const;
    if (key[0] < bestKey[0] || (key[0] === bestKey[0] && key[1] < bestKey[1])) [best, bestKey] = [pool, key];
  }
  return best;
}

function mayGrow(
  { groups, limits, hosts }: Provision,
  group: number,
  pool: number,
  replicas: Replicas,
  most: number,
): boolean {
  if (replicas[group]![pool]! >= most) return false;
  const { hardware, threads } = groups[group]!.pools[pool]!;
  const sumOf = (types: readonly string[], weigh: (threads: number) => number) =>
    groups.reduce(
      (sum, { pools }, g) =>
        pools.reduce(
          (part, each, p) =>
            types.includes(each.hardware) ? part + replicas[g]![p]! * weigh(each.threads) : part,
          sum,
        ),
      0,
    );
  const limit = Object.hasOwn(limits, hardware) ? limits[hardware]! : Infinity;
  if (sumOf([hardware], () => 1) >= limit) return false;
  const host = hosts.find(({ types }) => types.includes(hardware));
  return !host || sumOf(host.types, each => each) + threads <= host.cores + tolerance;
}
