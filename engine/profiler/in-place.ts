/**
 * What can't be seen of stages alone: a pipeline runs as a whole, on its own samples.
 *
 * A thread that waits is woken up by the system, and finds its caches full of what others did since. So the main thread
 * takes longer for a batch than it does in a chain of light stages that keeps it busy, and so do replicas for theirs.
 *
 * For the main thread a few numbers of queries are kept in flight, one after the other: the more there are, the more items a
 * batch has, which tells what each of them takes from what the batch does. For replicas queries come one by one, at once
 * or after rests, by when everything that they wake up is warm or asleep.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BoundPipeline, HardwareType } from '../../pipelines/index.ts';
import { defaultDeployment } from '../runtime/deployment.ts';
import { Engine } from '../runtime/engine.ts';
import type { ReplicaFactory } from '../runtime/replica.ts';
import { costsOf, type BatchCosts, type Load } from './batch-costs.ts';
import { BatchCounter } from './batch-counter.ts';
import type { Budget } from './budget.ts';
import { Clients, type ClientsOptions } from './closed-loop.ts';
import { LoneBatches, type LoneGroup } from './lone-batches.ts';
import { median } from './order-statistics.ts';
import type { SampleQuery } from './recording.ts';
import { rounded } from './repetitions.ts';
import { threadTime } from './thread-time.ts';

/** Queries in flight. */
const inFlight = [4, 8, 16];

/** Shares of the time for what does not count, and for several queries in flight; the rest is for queries alone. */
const shares = { warmUp: 0.25, loads: 0.25 };

/** Milliseconds between queries. */
const rests = [1, 2, 4, 16];

/** Milliseconds after which another number of queries has its turn. */
const slice = 250;

export interface InPlaceOptions extends ClientsOptions {
  hardware: HardwareType;
  replicas: ReplicaFactory;
  /** Main-thread milliseconds per query, where that is not seen here. */
  query: number;
}

export interface InPlace {
  /** Of the main thread. */
  costs: BatchCosts & { query: number };
  /** What batches took in a query that was alone; none where there was no time for that. */
  groups: readonly LoneGroup[];
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
  const lone = new LoneBatches();
  const threads = hardware.device === 'cpu' ? hardware.threads : 1;
  const machine = {
    cores: availableParallelism(),
    hardware: { name: 'cpu', device: 'cpu', threads } as const,
  };
  const engine = await Engine.start(pipeline, {
    deployment: defaultDeployment(pipeline, machine),
    replicas: lone.replicas(counter.replicas(replicas)),
    limits: { queries: Infinity, queue: Infinity },
  });
  const clients = new Clients(engine, samples, options);
  try {
    const warmUp = budget.share(shares.warmUp);
    await clients.run(inFlight[0]!, () => warmUp.isOver);
    const loads = await measureLoads(clients, counter, budget.share(shares.loads));
    // Alone they were measured on this very hardware.
    if (hardware.device === 'cpu') await sendAlone(clients, samples, lone, options);
    if (signal?.aborted || loads.length === 0) return null;
    const own = lone.queries.length > 0 ? median(lone.queries) : query;
    const { hop, item } = costsOf(loads, own);
    const costs = { query: rounded(own), hop: rounded(hop), item: rounded(item) };
    return { costs, groups: lone.groups };
  } finally {
    await engine.close();
  }
}

/**
 * Sends all samples, one by one, as often as there is time; nothing where there is none for all. They come at once after
 * the last in one turn and after a rest in the next, as they do in a plan that meets its objective; where they take longer
 * than that, it is nothing beside them.
 */
async function sendAlone(
  clients: Clients,
  samples: readonly SampleQuery[],
  lone: LoneBatches,
  { budget, turn }: Pick<ClientsOptions, 'budget' | 'turn'>,
): Promise<void> {
  // Alone a query takes less than among several.
  const most = clients.pace * inFlight[0]!;
  if (most * samples.length > budget.left) return;
  const turns = rests.flatMap(rest => (most < rests.at(-1)! ? [0, rest] : [0]));
  do {
    for (const rest of turns) {
      const end = performance.now() + slice;
      do
        for (const sample of samples) {
          if (clients.aborted) return;
          if (turn) await budget.wait(turn);
          if (rest > 0) await sleep(rest);
          lone.sent(rest > 0);
          await clients.send(sample);
          lone.answered();
        }
      while (performance.now() < end && !budget.isOver);
      if (budget.isOver) return;
    }
  } while (!budget.isOver);
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
