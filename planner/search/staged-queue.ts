/** One group's queue, simulated by itself once it is known when everything reaches it. */
import type { SimulatedPool } from '../simulation/deployment.ts';

/** Work that reaches a group: units are queries, or items of queries. */
export interface Arriving {
  /** Milliseconds, by unit. */
  ready: Float64Array;
  /** The units that come, in any order; sorted by `ready` in place. Nearly sorted is fast. */
  order: Int32Array;
  /** Of units that come at the same instant, those with a lower rank are first; by unit. Their numbers unless given. */
  ranks?: ArrayLike<number>;
  /** Uniform numbers of each stage of the group, by unit. */
  uniforms: readonly Float64Array[];
  /** Milliseconds that a batch of one takes, by unit, on each of the pools. */
  alone: readonly Float64Array[];
  /** Whether units come one by one even at the same instant, as arrivals do: an idle replica takes the first alone. */
  apart: boolean;
}

/** What a queue saw. */
export interface Passage {
  /** Whether any unit had to wait: if not, more replicas change nothing. */
  waited: boolean;
  /** Units of the largest batch: if less than a batch may hold, larger ones change nothing. */
  largest: number;
}

/**
 * Milliseconds by which a batch ends after the one before, so that batches which end at one instant still reach the
 * next group one after the other, as they do in the simulation.
 */
const apartness = 1e-9;

/** Sorts units by `ready`, in place. Insertion sort: linear if nearly sorted. */
function sort({ order, ready, ranks }: Arriving): void {
  for (let i = 1; i < order.length; i++) {
    const unit = order[i]!;
    const time = ready[unit]!;
    let at = i;
    for (; at > 0; at--) {
      const before = order[at - 1]!;
      const difference = time - ready[before]!;
      if (difference > 0) break;
      if (difference === 0 && (ranks ? ranks[before]! < ranks[unit]! : before < unit)) break;
      order[at] = before;
    }
    order[at] = unit;
  }
}

/**
 * When each unit leaves a group: the shared batching rule, in a loop of its own since the search runs it thousands of
 * times. A pool by itself never waits for fuller batches.
 *
 * @param pools fastest first
 * @param ends milliseconds, by unit; written for the units of `order`
 */
export function passQueue(arriving: Arriving, pools: readonly SimulatedPool[], ends: Float64Array): Passage {
  sort(arriving);
  return pools.length === 1 ? passOnePool(arriving, pools[0]!, ends) : passPools(arriving, pools, ends);
}

/** One pool: the replica that is free first takes what waits then, or the next that comes. */
function passOnePool(
  { ready, order, uniforms, alone: [alone], apart }: Arriving,
  { batch, replicas, times, wake }: SimulatedPool,
  ends: Float64Array,
): Passage {
  /** When each replica is free, as a heap. */
  const free = new Float64Array(replicas).fill(-Infinity);
  const count = order.length;
  let waited = false;
  let largest = Math.min(1, count);
  for (let head = 0; head < count;) {
    const first = order[head]!;
    const earliest = free[0]!;
    let now = ready[first]!;
    let taken = 1;
    let most = apart ? 1 : batch;
    if (earliest > now) {
      now = earliest;
      waited = true;
      most = batch;
    }
    while (taken < most && head + taken < count && ready[order[head + taken]!]! <= now) taken++;
    let end = now + alone![first]!;
    if (taken > 1) {
      if (taken > largest) largest = taken;
      end = now + wake;
      for (let s = 0; s < times.length; s++) end += times[s]!.draw(taken, uniforms[s]![first]!);
    }
    const over = end + head * apartness;
    for (let k = head; k < head + taken; k++) ends[order[k]!] = over;
    head += taken;
    if (replicas === 1) free[0] = end;
    else replaceLeast(free, end);
  }
  return { waited, largest };
}

/** Replaces the least value of a heap. */
function replaceLeast(heap: Float64Array, value: number): void {
  const size = heap.length;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
}

/**
 * Several pools: the first that has a replica free by then takes what waits, or, if it is held back, what has waited
 * long enough or is as much as its backlog.
 */
function passPools(
  { ready, order, uniforms, alone, apart }: Arriving,
  pools: readonly SimulatedPool[],
  ends: Float64Array,
): Passage {
  /** When each replica is free, by pool, as heaps. */
  const free = pools.map(({ replicas }) => new Float64Array(replicas).fill(-Infinity));
  const backlogs = pools.map(({ batch, backlog = batch }) => backlog);
  const count = order.length;
  let waited = false;
  let largest = Math.min(1, count);
  for (let head = 0; head < count;) {
    const first = order[head]!;
    const arrival = ready[first]!;
    let now = Infinity;
    let p = 0;
    for (let pool = 0; pool < free.length; pool++) {
      let start = free[pool]![0]!;
      if (start < arrival) start = arrival;
      const { maxWait } = pools[pool]!;
      if (maxWait > 0 && start < arrival + maxWait) {
        const last = head + backlogs[pool]! - 1;
        const enough = last < count ? ready[order[last]!]! : Infinity;
        start = Math.max(start, Math.min(arrival + maxWait, enough));
      }
      if (start >= now) continue;
      now = start;
      p = pool;
    }
    const { batch, times, wake } = pools[p]!;
    // Of those that come one by one at one instant, the last that is needed sets it off.
    const needed = pools[p]!.maxWait > 0 ? backlogs[p]! : 1;
    const isSetOff = apart && head + needed <= count && now === ready[order[head + needed - 1]!]!;
    const most = isSetOff && needed < batch ? needed : batch;
    let taken = 1;
    while (taken < most && head + taken < count && ready[order[head + taken]!]! <= now) taken++;
    let end = now + alone[p]![first]!;
    if (taken > 1) {
      end = now + wake;
      for (let s = 0; s < times.length; s++) end += times[s]!.draw(taken, uniforms[s]![first]!);
    }
    if (now > arrival) waited = true;
    if (taken > largest) largest = taken;
    const over = end + head * apartness;
    for (let k = head; k < head + taken; k++) ends[order[k]!] = over;
    head += taken;
    replaceLeast(free[p]!, end);
  }
  return { waited, largest };
}
