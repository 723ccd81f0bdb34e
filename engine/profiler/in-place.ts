/**
 * What can't be seen of stages alone: a pipeline runs as a whole, on its own samples.
 *
 * A thread that waits is woken up by the system, and finds its caches full of what others did since. So the main thread
 * takes longer for a batch than it does in a chain of light stages that keeps it busy, and so do replicas for theirs. A
 * few numbers of queries are kept in flight, one after the other: the more there are, the more items a batch has, which
 * tells what each of them takes from what the batch does.
 */
import { availableParallelism } from 'node:os';
import type { BoundPipeline, HardwareType } from '../../pipelines/index.ts';
import { defaultDeployment } from '../runtime/deployment.ts';
import { Engine } from '../runtime/engine.ts';
import type { ReplicaFactory } from '../runtime/replica.ts';
import { costsOf, type BatchCosts, type Load } from './batch-costs.ts';
import { BatchCounter, type SingleBatches } from './batch-counter.ts';
import type { Budget } from './budget.ts';
import { Clients, type ClientsOptions } from './closed-loop.ts';
import type { SampleQuery } from './recording.ts';
import { rounded } from './repetitions.ts';
import { threadTime } from './thread-time.ts';

/** Queries in flight: alone for what stages take, more for the main thread. */
const alone = 1;
const inFlight = [4, 8, 16];

/** Shares of the time for what does not count, and then for queries alone. */
const shares = { warmUp: 0.25, alone: 0.3 };

/** Milliseconds after which another number of queries has its turn. */
const slice = 250;

export interface InPlaceOptions extends ClientsOptions {
  hardware: HardwareType;
  replicas: ReplicaFactory;
  /** Main-thread milliseconds per query. */
  query: number;
}

export interface InPlace {
  /** Of the main thread. */
  costs: BatchCosts;
  /** By name; without those there was no time for. */
  stages: Readonly<Record<string, SingleBatches>>;
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
  const { hardware, replicas, budget, query, signal } = options;
  const counter = new BatchCounter();
  const threads = hardware.device === 'cpu' ? hardware.threads : 1;
  const machine = {
    cores: availableParallelism(),
    hardware: { name: 'cpu', device: 'cpu', threads } as const,
  };
  const engine = await Engine.start(pipeline, {
    deployment: defaultDeployment(pipeline, machine),
    replicas: counter.replicas(replicas),
    limits: { queries: Infinity, queue: Infinity },
  });
  const clients = new Clients(engine, samples, options);
  try {
    const warmUp = budget.share(shares.warmUp);
    await clients.run(inFlight[0]!, () => warmUp.isOver);
    // Alone they were measured on this very hardware.
    const isHere = hardware.device === 'cpu';
    const stages = isHere ? await measureStages(clients, counter, budget.share(shares.alone)) : {};
    const loads = await measureLoads(clients, counter, budget);
    if (signal?.aborted || loads.length === 0) return null;
    return { costs: roundedCosts(costsOf(loads, query)), stages };
  } finally {
    await engine.close();
  }
}

function roundedCosts({ hop, item }: BatchCosts): BatchCosts {
  return { hop: rounded(hop), item: rounded(item) };
}

/**
 * Sends all samples, one by one, as often as there is time; nothing of a round that there was no time to end. Between two
 * of them everything rests for about as long as one takes: in a plan that meets its objective most replicas do.
 */
async function measureStages(
  clients: Clients,
  counter: BatchCounter,
  budget: Budget,
): Promise<InPlace['stages']> {
  // Alone a query takes less than among several, but for the rest.
  if (inFlight[0]! * clients.pace * clients.samples > budget.left) return {};
  counter.startOver();
  clients.startOver();
  const rest = clients.pace * inFlight[0]!;
  do await clients.run(alone, () => clients.isThrough, rest);
  while (!budget.isOver && !clients.aborted);
  const stages = counter.single.map(
    ([name, { time, rests }]) => [name, { time: rounded(time), rests: rests.map(rounded) }] as const,
  );
  return Object.fromEntries(stages);
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
