/**
 * What can't be seen of stages alone: a pipeline runs as a whole, on its own samples.
 *
 * A thread that waits is woken up by the system, and finds its caches full of what others did since. So the main thread
 * takes longer for a batch than it does in a chain of light stages that keeps it busy, and so do replicas for theirs.
 *
 * For the main thread a few numbers of queries are kept in flight, one after the other: the more there are, the more items a
 * batch has, which tells what each of them takes from what the batch does. For what replicas take see `watchBatches`.
 */
import { availableParallelism } from 'node:os';
import type { BoundPipeline, HardwareType } from '../../pipelines/index.ts';
import { defaultDeployment } from '../runtime/deployment.ts';
import { Engine } from '../runtime/engine.ts';
import type { ReplicaFactory } from '../runtime/replica.ts';
import type { Vigil } from '../runtime/vigil.ts';
import { costsOf, type BatchCosts, type Load } from './batch-costs.ts';
import { BatchCounter } from './batch-counter.ts';
import type { Budget } from './budget.ts';
import { Clients, type ClientsOptions } from './closed-loop.ts';
import { CrowdedBatches, type CrowdedGroup } from './crowded-batches.ts';
import { LoneBatches, type LoneGroup } from './lone-batches.ts';
import { median } from './order-statistics.ts';
import type { SampleQuery } from './recording.ts';
import { rounded } from './repetitions.ts';
import { threadTime } from './thread-time.ts';
import { watchBatches } from './watch-batches.ts';

/** Queries in flight. */
const inFlight = [4, 8, 16];

/** Shares of the time for what does not count, and for several queries in flight; the rest is for batches of one. */
const shares = { warmUp: 0.2, loads: 0.2 };

/** Milliseconds after which another number of queries has its turn. */
const slice = 250;

export interface InPlaceOptions extends ClientsOptions {
  hardware: HardwareType;
  replicas: ReplicaFactory;
  /** Main-thread milliseconds per query, where that is not seen here. */
  query: number;
  /** By which this thread waits for the replicas' batches: awake for lone ones, as in use, and never where it is timed. */
  vigil: Pick<Vigil, 'paused'>;
}

export interface InPlace {
  /** Of the main thread. */
  costs: BatchCosts & { query: number };
  /** What batches took in a query that was alone; none where there was no time for that. */
  groups: readonly LoneGroup[];
  /** What they took while all cores were busy; none where they can't be, or there was no time. */
  crowded: readonly CrowdedGroup[];
}

/**
 * Runs a pipeline on the processor and measures it, after a while that does not count.
 * @param samples at least one; all of them are answered
 * @returns null if the signal came, or there was no time
 * @throws MillraceError if the pipeline can't be started there, or a query fails: `cancelled` by the signal
 */
export async function measureInPlace(
  pipeline: BoundPipeline,
  samples: readonly SampleQuery[],
  options: InPlaceOptions,
): Promise<InPlace | null> {
  const { hardware, replicas, budget, query, signal, vigil } = options;
  const threads = hardware.device === 'cpu' ? hardware.threads : 1;
  const machine = {
    cores: availableParallelism(),
    hardware: { name: 'cpu', device: 'cpu', threads } as const,
  };
  const counter = new BatchCounter();
  const lone = new LoneBatches();
  const crowded = new CrowdedBatches(Math.floor(machine.cores / threads));
  const engine = await Engine.start(pipeline, {
    deployment: defaultDeployment(pipeline, machine),
    replicas: crowded.replicas(lone.replicas(counter.replicas(replicas))),
    limits: { queries: Infinity, queue: Infinity },
  });
  const clients = new Clients(engine, samples, options);
  try {
    const warmUp = budget.share(shares.warmUp);
    await clients.run(inFlight[0]!, () => warmUp.isOver);
    const loads = await measureLoads(clients, counter, budget.share(shares.loads));
    vigil.paused = false;
    // Alone they were measured on this very hardware.
    if (hardware.device === 'cpu') await watchBatches(clients, samples, { lone, crowded }, options);
    if (signal?.aborted || loads.length === 0) return null;
    const own = lone.queries.length > 0 ? median(lone.queries) : query;
    const { hop, item } = costsOf(loads, own);
    const costs = { query: rounded(own), hop: rounded(hop), item: rounded(item) };
    return { costs, groups: lone.groups, crowded: crowded.groups };
  } finally {
    vigil.paused = true;
    await engine.close();
  }
}

/** What the main thread did under each load, in turns, so that all see the same machine. */
async function measureLoads(clients: Clients, counter: BatchCounter, budget: Budget): Promise<Load[]> {
  const loads = new Map<number, Load>();
  do {
    for (const clientCount of inFlight) {
      const isFirst = !loads.has(clientCount);
      if (clients.aborted || (isFirst ? clients.pace * clientCount > budget.left : budget.isOver)) break;
      const { batches, items } = counter;
      const time = threadTime();
      const end = performance.now() + slice;
      const queries = await clients.run(clientCount, () => performance.now() >= end);
      const sum = loads.get(clientCount) ?? { queries: 0, batches: 0, items: 0, time: 0 };
      loads.set(clientCount, {
        queries: sum.queries + queries,
        batches: sum.batches + counter.batches - batches,
        items: sum.items + counter.items - items,
        time: sum.time + threadTime() - time,
      });
    }
  } while (!budget.isOver && !clients.aborted);
  return [...loads.values()];
}
