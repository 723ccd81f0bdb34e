/** Replicas in this thread that fail as they are told, and tell what they are given. */
import { localReplicas, type Clock, type Replica, type ReplicaFactory } from '../../../engine/index.ts';
import type {
  Batch,
  BatchItem,
  BatchResult,
  ReplicaSpec,
  WarmUpBatch,
} from '../../../engine/runtime/message.ts';
import { readTag, tagsIn } from './traced.ts';

/**
 * What befalls a batch: its replica is lost; it never answers; it answers after its time limit; it takes longer. Or a
 * replica does not start.
 */
export const faults = ['lose', 'hang', 'late', 'slow', 'no-start'] as const;
export type Fault = (typeof faults)[number];

/** Milliseconds that are longer than any time limit. */
const late = 20_000;
const slow = 40;

/** Calls its timers its own, so that those of the engine can be told from them. */
class OwnTimers implements Clock {
  readonly #clock: Clock;
  pending = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  at(time: number, action: () => void): () => void {
    this.pending++;
    let over = false;
    const end = () => {
      if (!over) this.pending--;
      over = true;
    };
    const cancel = this.#clock.at(time, () => {
      end();
      action();
    });
    return () => {
      end();
      cancel();
    };
  }

  until(time: number): Promise<void> {
    return new Promise(resolve => this.at(time, resolve));
  }
}

export interface Watcher {
  /** A replica is given a batch. @param tags of each item's values */
  began(tags: readonly ReadonlySet<string>[]): void;
}

export class FaultyReplicas implements ReplicaFactory {
  readonly #clock: OwnTimers;
  readonly #inner: ReplicaFactory;
  readonly #watcher: Watcher;
  readonly #startTime: number;
  /** Faults to come, first come, first served. */
  #armed: Fault[] = [];
  started = 0;
  retired = 0;
  /** Batches that never end. */
  hanging = 0;
  /** Batches that are under way, hanging ones included. */
  running = 0;
  /** By the engine's number of the query. */
  readonly #tags = new Map<number, string>();
  /** Replicas that would not start. */
  failedStarts = 0;
  #lostAny = false;
  /** How often each query was lost with a replica, and which of them not for another's sake alone. */
  readonly #losses = new Map<string, number>();
  readonly #unlucky = new Set<string>();
  /** Queries with an item whose batch went over its time limit. */
  readonly overdue = new Set<string>();
  /** Queries with an item in a batch that can't be run again, beside a poisonous one. */
  readonly besidePoison = new Set<string>();

  /** @param startTime milliseconds that a replica takes to start */
  constructor(clock: Clock, startTime: number, watcher: Watcher) {
    this.#clock = new OwnTimers(clock);
    this.#inner = localReplicas(this.#clock);
    this.#startTime = startTime;
    this.#watcher = watcher;
  }

  /** Whether any was lost, would not start, or was too slow. */
  get harmed(): boolean {
    return this.#lostAny || this.failedStarts > 0 || this.overdue.size > 0;
  }

  /** Whether a query was lost with replicas so often that it may fail for that. */
  wasLost(tag: string): boolean {
    return this.#unlucky.has(tag) && this.#losses.get(tag)! >= 2;
  }

  /** Timers that are its replicas', not the engine's. */
  get timers(): number {
    return this.#clock.pending;
  }

  arm(fault: Fault, times: number): void {
    this.#armed.push(...Array.from({ length: times }, () => fault));
  }

  calm(): void {
    this.#armed = [];
  }

  async start(spec: ReplicaSpec): Promise<Replica> {
    if (this.#strike(['no-start'])) {
      this.failedStarts++;
      throw new Error('no room');
    }
    if (this.#startTime > 0) await this.#clock.until(this.#clock.now() + this.#startTime);
    // Warming up is to be seen, too.
    const { warmUp: batches = [], ...cold } = spec;
    const inner = await this.#inner.start(cold);
    for (const batch of batches) await warmUp(inner, batch);
    this.started++;
    const pure = spec.stages.every(stage => stage.pure);
    return {
      run: batch => this.#run(inner, batch, pure),
      retire: async () => {
        this.retired++;
        await inner.retire();
      },
      abandon: () => inner.abandon(),
    };
  }

  async #run(inner: Replica, batch: Batch, pure: boolean): Promise<BatchResult> {
    const tags = batch.items.map(item => this.#tagsOf(item));
    this.#watcher.began(tags);
    const all = new Set(tags.flatMap(each => [...each]));
    if (!pure && [...all].some(tag => readTag(tag).poisons !== undefined))
      for (const tag of all) this.besidePoison.add(tag);
    const kills = [...all].some(tag => readTag(tag).kills);
    const fault = kills ? 'lose' : this.#strike(['lose', 'hang', 'late', 'slow']);
    this.running++;
    try {
      if (fault === 'lose') {
        this.#countLoss(all, pure, !kills);
        await this.#clock.until(this.#clock.now() + 1);
        throw new Error('worker exited');
      }
      if (fault === 'hang' || fault === 'late') for (const tag of all) this.overdue.add(tag);
      if (fault === 'hang') {
        this.hanging++;
        return await new Promise(() => undefined);
      }
      if (fault) await this.#clock.until(this.#clock.now() + (fault === 'late' ? late : slow));
      return await inner.run(batch);
    } finally {
      this.running--;
    }
  }

  /** Whose an item's values are; and whose the item is, by what was seen of its query before. */
  #tagsOf({ values, context: { query } }: BatchItem): Set<string> {
    const tags = tagsIn(values);
    const known = this.#tags.get(query);
    if (known !== undefined) tags.add(known);
    for (const tag of tags) this.#tags.set(query, tag);
    return tags;
  }

  /** A query that ends its replica has only itself to blame, and none of its batch is to suffer, if it can be helped. */
  #countLoss(tags: Iterable<string>, pure: boolean, struck: boolean): void {
    this.#lostAny = true;
    for (const tag of tags) {
      if (struck || !pure || readTag(tag).kills) this.#unlucky.add(tag);
      this.#losses.set(tag, (this.#losses.get(tag) ?? 0) + (pure ? 1 : 2));
    }
  }

  /** Takes the first armed fault of these kinds. */
  #strike(kinds: readonly Fault[]): Fault | null {
    const at = this.#armed.findIndex(fault => kinds.includes(fault));
    return at < 0 ? null : this.#armed.splice(at, 1)[0]!;
  }
}

/** Warms a replica up as its own thread would. @throws if the sample ends its worker */
async function warmUp(replica: Replica, { program, values, items }: WarmUpBatch): Promise<void> {
  if ([...tagsIn(values)].some(tag => readTag(tag).kills)) throw new Error('worker exited');
  const item = { program: 0, values, context: { query: -1, index: 0, last: true } };
  const batch = Array.from({ length: items }, () => item);
  await replica.run({ programs: [program], items: batch, recycled: [] });
}
