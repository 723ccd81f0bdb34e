/**
 * What the engine reaches inside a piscina worker for. piscina tells of a worker by an object that holds its inner one
 * under a symbol, and has no calls for these. Where another version of it is made differently nothing is changed.
 */

interface Inner {
  taskInfos?: unknown;
  interface?: unknown;
}

/** What a worker's object holds by symbols. */
function innersOf(worker: object | null): unknown[] {
  return Object.getOwnPropertySymbols(worker ?? {}).map(
    symbol => (worker as Record<symbol, unknown>)[symbol],
  );
}

function isUnrefable(value: unknown): value is { unref(): void } {
  return typeof (value as { unref?: unknown } | null)?.unref === 'function';
}

/** Lets the process end although a task never does: piscina keeps the port of a busy worker alive. */
export function unrefWorker(worker: object | null): void {
  for (const inner of innersOf(worker)) if (isUnrefable(inner)) inner.unref();
}

/**
 * Keeps a worker from leaving old garbage behind with every task, which only a full collection takes away: at thousands
 * of batches a second that was one every two seconds, each of which held up all threads for some 20 ms.
 *
 * piscina makes the object that tells of the worker anew for every task. It has accessors, so each comes with a hidden
 * class of its own, and those never are young. And it keeps the tasks under way in a Map: see `FewEntries`.
 *
 * @param worker as piscina's `workerCreate` event has it
 */
export function spareGarbage(worker: object): void {
  for (const inner of innersOf(worker) as (Inner | null)[]) {
    if (!(inner?.taskInfos instanceof Map)) continue;
    Object.defineProperty(inner, 'interface', { value: worker });
    inner.taskInfos = new FewEntries(inner.taskInfos as Map<unknown, unknown>);
  }
}

/**
 * A Map of a few entries that come and go all the time. A Map leaves a trail of outgrown tables, each linked to the
 * next: once the first has grown old, all that those after it held counts as alive until a full collection.
 */
export class FewEntries<Key, Of> implements Iterable<[Key, Of]> {
  readonly #keys: Key[];
  readonly #values: Of[];

  constructor(entries: Iterable<readonly [Key, Of]> = []) {
    const all = [...entries];
    this.#keys = all.map(([key]) => key);
    this.#values = all.map(([, value]) => value);
  }

  get size(): number {
    return this.#keys.length;
  }

  has(key: Key): boolean {
    return this.#keys.includes(key);
  }

  get(key: Key): Of | undefined {
    return this.#values[this.#keys.indexOf(key)];
  }

  set(key: Key, value: Of): this {
    const at = this.#keys.indexOf(key);
    if (at >= 0) this.#values[at] = value;
    else {
      this.#keys.push(key);
      this.#values.push(value);
    }
    return this;
  }

  delete(key: Key): boolean {
    const at = this.#keys.indexOf(key);
    if (at < 0) return false;
    this.#keys.splice(at, 1);
    this.#values.splice(at, 1);
    return true;
  }

  clear(): void {
    this.#keys.length = 0;
    this.#values.length = 0;
  }

  values(): IterableIterator<Of> {
    return this.#values.values();
  }

  [Symbol.iterator](): Iterator<[Key, Of]> {
    return this.#keys.map((key, at): [Key, Of] => [key, this.#values[at]!]).values();
  }
}
