/** What a group can run on: hardware, batch size and replicas, with their cost. */
import { roundCost } from '../cost.ts';
import { speedOf, type ServiceTimes, type SimulatedPool } from '../simulation/deployment.ts';
import type { System } from '../system.ts';

/** Hardware and batch size of one pool. */
export interface Kind {
  hardware: string;
  batch: number;
  /** US dollars per replica and hour. */
  price: number;
  /** The pool with one replica, as the simulation runs it. */
  pool: SimulatedPool;
  /** Least replica time an item takes, in milliseconds: in batches of the best size. */
  work: number;
  /** Least time a batch ever takes, in milliseconds. */
  least: number;
}

/** One or more pools of a group. */
export interface Option {
  pools: readonly { kind: Kind; replicas: number }[];
  /** US dollars per hour. */
  cost: number;
}

/** Stages that share replicas. */
export interface SearchGroup {
  stages: readonly string[];
  /** Stages by number. */
  indices: Int32Array;
  /** Mean times a query comes to the group: once, or once per item. */
  visits: number;
  kinds: readonly Kind[];
}

export function optionOf(pools: Option['pools']): Option {
  return {
    pools,
    cost: roundCost(pools.reduce((sum, { kind, replicas }) => sum + kind.price * replicas, 0)),
  };
}

/**
 * A group of stages, and the hardware and batch sizes measured for all of them.
 * @param stages in topological order
 * @param unpriced the price of hardware that has none; undefined leaves it out
 */
export function searchGroup(system: System, stages: readonly string[], unpriced?: number): SearchGroup {
  const { structure } = system;
  const indices = Int32Array.from(stages, name => structure.stages.findIndex(stage => stage.name === name));
  const items = [...indices].map(index => structure.stages[index]!.scale.mean);
  const visits = Math.max(...items);
  const kinds: Kind[] = [];
  for (const hardware of system.types) {
    const times = stages.map(stage => system.timesOf(stage, hardware));
    const price = system.typeOf(hardware)?.price ?? unpriced;
    if (price === undefined || times.includes(undefined)) continue;
    const known = times.map(of => of!);
    const largest = Math.min(...known.map(of => of.largest));
    const sizes = new Set(stages.flatMap(stage => system.batchesOf(stage, hardware)));
    // A batch of one is always possible, even where only larger ones were measured.
    for (const batch of [...sizes.add(1)].filter(size => size <= largest).sort((a, b) => a - b)) {
      const pool: SimulatedPool = {
        hardware,
        batch,
        maxWait: 0,
        replicas: 1,
        times: known,
        wake: system.wakeOf(stages, hardware),
        crowded: system.crowdedOf(stages, hardware),
        rested: system.restedOf(stages, hardware),
        threads: system.threadsOf(stages, hardware),
        host: system.hostOf(hardware),
      };
      const least = known.reduce((sum, of) => sum + of.least(1), pool.wake);
      kinds.push({ hardware, batch, price, pool, work: leastWork(pool, items, visits), least });
    }
  }
  return { stages, indices, visits, kinds };
}

/** Least replica time of one visit: the best of all batch sizes up to the pool's. */
function leastWork({ batch, times, wake }: SimulatedPool, items: readonly number[], visits: number): number {
  let least = Infinity;
  for (let size = 1; size <= batch; size++) {
    const stages = times.reduce((sum, of, at) => sum + (of.mean(size) * items[at]!) / visits, 0);
    least = Math.min(least, (wake + stages) / size);
  }
  return least;
}

/**
 * Ways to run a group of which the soonest for each unit is a bound for a pool, when it isn't known how units come: the
 * pool with its batch and with each smaller one. An idle replica takes all that waits, up to its batch, even where
 * others are idle too, so units that come together may be over later than the same ones coming one by one.
 */
export function withSmaller({ kinds }: SearchGroup, kind: Kind, replicas: number): SimulatedPool[][] {
  return kinds.flatMap(({ hardware, batch, pool }) =>
    hardware === kind.hardware && batch <= kind.batch
      ? [[{ ...pool, times: pool.times.map(atMostMean), replicas }]]
      : [],
  );
}

/** A batch takes the time drawn for its first item, and which item that is depends on how they come. */
function atMostMean(times: ServiceTimes): ServiceTimes {
  return {
    mean: batch => times.mean(batch),
    draw: (batch, uniform) => {
      const time = times.draw(batch, uniform);
      return batch === 1 ? time : Math.min(time, times.mean(batch));
    },
  };
}

/** The pools of an option, as the simulation runs them. */
export function simulatedPools({ pools }: Option): SimulatedPool[] {
  return pools
    .map(({ kind, replicas }) => ({ ...kind.pool, replicas }))
    .toSorted((a, b) => speedOf(a) - speedOf(b));
}
