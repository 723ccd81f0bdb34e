/** Replicas that are threads of this process, one piscina pool of one thread each. */
import { Piscina } from 'piscina';
import { devicesInTurns, type Device } from '../../operators/index.ts';
import { errorOf } from './item-error.ts';
import type { Batch, BatchResult, ItemError, Program, ReplicaSpec } from './message.ts';
import { threadNiceness } from './niceness.ts';
import { spareGarbage, unrefWorker } from './piscina-worker.ts';
import { ReplicaLost, type Replica, type ReplicaFactory } from './replica.ts';
import { Vigil, type Pace } from './vigil.ts';
import type { Wire } from './wire/format.ts';
import { packBatch, unpackResult } from './wire/wire.ts';
import type { ThreadAnswer, ThreadMessage } from './worker.ts';

const filename = new URL('./worker.js', import.meta.url).href;

/** One for all engines of this thread: it is their batches together that leave a core free or not. */
const common = new Vigil();

/** Whose batches a replica runs. */
interface Caller {
  /** The programs that the replica has. */
  known: Map<Program, number>;
  /** Of the replica. */
  pace: Pace;
  vigil: Vigil;
}

/** A thread and the replicas that live in it. */
class Thread {
  readonly #pool: Piscina<ThreadMessage, ThreadAnswer>;
  /** What piscina tells of its thread. */
  #worker: object | null = null;
  #replicas = 0;
  #lastId = 0;

  constructor() {
    // One thread that is never idled away; a pool per thread makes replicas easy to add, drain and replace.
    this.#pool = new Piscina({
      filename,
      minThreads: 1,
      maxThreads: 1,
      concurrentTasksPerWorker: 1,
      idleTimeout: Infinity,
      recordTiming: false,
      niceIncrement: threadNiceness,
    });
    this.#pool.on('workerCreate', (worker: object) => {
      this.#worker = worker;
      spareGarbage(worker);
    });
  }

  /** Whether no replica lives in it. */
  get empty(): boolean {
    return this.#replicas === 0;
  }

  /** @throws MillraceError if a stage can't be started */
  async start(spec: ReplicaSpec): Promise<number> {
    this.#replicas++;
    const replica = ++this.#lastId;
    try {
      const { error } = (await this.#pool.run({ kind: 'start', replica, spec })) as {
        error: ItemError | null;
      };
      if (!error) return replica;
      throw errorOf(error);
    } catch (error) {
      this.#replicas--;
      throw error;
    }
  }

  async run(replica: number, batch: Batch, { known, pace, vigil }: Caller): Promise<BatchResult> {
    const { wire, transfer } = packBatch(batch, known);
    const send = () => this.#pool.run([replica, wire], transfer.length > 0 ? { transferList: transfer } : {});
    let answer: Wire;
    try {
      answer = (await vigil.over(pace, send)) as Wire;
    } catch (error) {
      throw new ReplicaLost(howItEnded(error), { cause: error });
    }
    try {
      return unpackResult(answer);
    } catch (error) {
      throw new ReplicaLost('a result that makes no sense', { cause: error });
    }
  }

  /** Ends a replica. Its sessions are released first: ending a thread that holds one can take the process with it. */
  async retire(replica: number): Promise<void> {
    await this.#pool.run({ kind: 'close', replica }).catch(() => undefined);
    this.#replicas--;
  }

  async destroy(): Promise<void> {
    await this.#pool.destroy();
  }

  /** Lets the process end although a task never does. */
  abandon(): void {
    unrefWorker(this.#worker);
  }
}

/** piscina says with which code a thread ended, unless an error ended it: what that says is for the log. */
function howItEnded(error: unknown): string {
  const code = /^worker exited with code: (\d+)$/.exec((error as Error).message)?.[1];
  return code === undefined ? 'an error outside of any query' : `exit code ${code}`;
}

/** The thread of each device whose sessions must all be made and run by one. */
const shared = new Map<Device, Thread>();

function threadFor(device: Device): Thread {
  if (!devicesInTurns.has(device)) return new Thread();
  const thread = shared.get(device) ?? new Thread();
  shared.set(device, thread);
  return thread;
}

async function destroyIfEmpty(thread: Thread, device: Device): Promise<void> {
  if (!thread.empty) return;
  if (shared.get(device) === thread) shared.delete(device);
  await thread.destroy();
}

export const threadReplicas = threadReplicasWith(common);

/** @param vigil by which this thread waits for their batches */
export function threadReplicasWith(vigil: Vigil): ReplicaFactory {
  return { start: (spec, signal) => startReplica(spec, vigil, signal) };
}

async function startReplica(spec: ReplicaSpec, vigil: Vigil, signal?: AbortSignal): Promise<Replica> {
  const thread = threadFor(spec.device);
  const abandon = () => thread.abandon();
  signal?.addEventListener('abort', abandon, { once: true });
  try {
    const replica = await thread.start(spec);
    const caller: Caller = { known: new Map(), pace: { milliseconds: Infinity }, vigil };
    return {
      run: batch => thread.run(replica, batch, caller),
      async retire() {
        await thread.retire(replica);
        await destroyIfEmpty(thread, spec.device);
      },
      abandon: () => thread.abandon(),
    };
  } catch (error) {
    await destroyIfEmpty(thread, spec.device);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abandon);
  }
}
