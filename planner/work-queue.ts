/**
 * The order in which a group's work is served, shared by the runtime (in real time) and the estimator (in virtual time).
 *
 * Work of higher priority goes first, and within a priority the earliest deadline (ties: first come, first served). A
 * priority is strict, but what has waited for `ageing` milliseconds rises by one, before all that comes there later, and
 * again after as long, so that nothing waits forever.
 */

/** Priorities, as the Open Inference Protocol counts them: 1 is the highest. */
export const priorities = { highest: 1, usual: 5, lowest: 9 } as const;

/** Milliseconds after which waiting work rises by one priority, unless said otherwise. */
const defaultAgeing = 1000;

/** Work of one priority, earliest deadline first, in parallel arrays so that a push makes nothing. */
class Level<T> {
  readonly priority: number;
  items: T[] = [];
  deadlines: number[] = [];
  /** When each came to the queue. */
  queued: number[] = [];
  /** When each came to this level. */
  entered: number[] = [];
  head = 0;

  constructor(priority: number) {
    this.priority = priority;
  }

  get length(): number {
    return this.items.length - this.head;
  }

  /** Most deadlines come in order, and then this is a push. */
  insert(item: T, deadline: number, queued: number, entered: number): void {
    const { deadlines } = this;
    let at = deadlines.length;
    if (at > this.head && deadlines[at - 1]! > deadline) {
      let low = this.head;
      while (low < at) {
        const middle = (low + at) >> 1;
        if (deadlines[middle]! <= deadline) low = middle + 1;
        else at = middle;
      }
      this.items.splice(at, 0, item);
      deadlines.splice(at, 0, deadline);
      this.queued.splice(at, 0, queued);
      this.entered.splice(at, 0, entered);
      return;
    }
    this.items.push(item);
    deadlines.push(deadline);
    this.queued.push(queued);
    this.entered.push(entered);
  }

  shift(): T {
    const item = this.items[this.head++]!;
    if (this.head > 64 && this.head * 2 > this.items.length) this.#cut();
    return item;
  }

  /** Keeps what `keeps` says, in its order. */
  filter(keeps: (item: T, at: number) => boolean): void {
    let kept = 0;
    for (let at = this.head; at < this.items.length; at++) {
      if (!keeps(this.items[at]!, at)) continue;
      this.items[kept] = this.items[at]!;
      this.deadlines[kept] = this.deadlines[at]!;
      this.queued[kept] = this.queued[at]!;
      this.entered[kept++] = this.entered[at]!;
    }
    this.head = 0;
    for (const column of [this.items, this.deadlines, this.queued, this.entered]) column.length = kept;
  }

  /** Forgets what has been taken, once that is most of the arrays. */
  #cut(): void {
    this.items = this.items.slice(this.head);
    this.deadlines = this.deadlines.slice(this.head);
    this.queued = this.queued.slice(this.head);
    this.entered = this.entered.slice(this.head);
    this.head = 0;
  }
}

export class WorkQueue<T> {
  /** Highest priority first. */
  readonly #levels: Level<T>[] = [];
  readonly #isGone: (item: T) => boolean;
  readonly #ageing: number;
  #length = 0;
  /** Entries of the levels that are gone. */
  #gone = 0;
  /** Whether any came with a deadline, and any without. */
  #limited = false;
  #endless = false;
  /** When something has waited long enough to rise; Infinity: nothing has to. */
  #nextAgeing = Infinity;
  #ages = false;

  /**
   * @param isGone whether an item that still lies here is not to be served any more; see `drop`
   * @param ageing milliseconds after which what waits rises by one priority
   */
  constructor(isGone: (item: T) => boolean = () => false, ageing = defaultAgeing) {
    this.#isGone = isGone;
    this.#ageing = ageing;
  }

  /** Number of items that wait; those that are gone don't count. */
  get length(): number {
    return this.#length;
  }

  /**
   * @param now when it comes, in milliseconds; or when it came, if it waited elsewhere
   * @param deadline on the same clock; Infinity: it has none
   */
  push(item: T, now: number, deadline = Infinity, priority: number = priorities.usual): void {
    this.#levelOf(priority).insert(item, deadline, now, now);
    this.#length++;
    if (deadline < Infinity) this.#limited = true;
    else this.#endless = true;
    if (this.#ages) this.#nextAgeing = Math.min(this.#nextAgeing, now + this.#ageing);
    // First come, first served, or by deadlines alone, nothing waits forever.
    else if (this.#levels.length > 1 || (this.#limited && this.#endless)) {
      this.#ages = true;
      this.#nextAgeing = -Infinity;
    }
  }

  /** What is served next; undefined if nothing waits. @param now lets rise what has waited long enough */
  first(now: number): T | undefined {
    if (now >= this.#nextAgeing) this.#age(now);
    const level = this.#front();
    return level?.items[level.head];
  }

  /** When the item that `first` gave came. */
  queuedOfFirst(): number {
    const level = this.#front();
    return level ? level.queued[level.head]! : Infinity;
  }

  /** Takes the next item. @throws RangeError if nothing waits */
  shift(): T {
    const level = this.#front();
    if (!level) throw new RangeError('nothing waits');
    this.#length--;
    return level.shift();
  }

  /** When the item that has waited longest came; Infinity if nothing waits. Looks at all that waits. */
  oldest(): number {
    let oldest = Infinity;
    for (const level of this.#levels) {
      for (let at = level.head; at < level.items.length; at++)
        if (level.queued[at]! < oldest && !this.#isGone(level.items[at]!)) oldest = level.queued[at]!;
    }
    return oldest;
  }

  /** All that waits, in the order it would be served if nothing came and nothing rose. */
  all(): T[] {
    return this.#levels.flatMap(({ items, head }) => items.slice(head).filter(item => !this.#isGone(item)));
  }

  /** Counts an item out that is gone from now on; where it lies is cleaned up later. */
  drop(): void {
    this.#length--;
    this.#gone++;
    if (this.#gone > 2 * this.#length + 64) {
      for (const level of this.#levels) level.filter(item => !this.#isGone(item));
      this.#gone = 0;
    }
  }

  clear(): void {
    this.#levels.length = 0;
    this.#length = 0;
    this.#gone = 0;
    this.#limited = false;
    this.#endless = false;
    this.#ages = false;
    this.#nextAgeing = Infinity;
  }

  #levelOf(priority: number): Level<T> {
    let at = 0;
    for (; at < this.#levels.length; at++) {
      const level = this.#levels[at]!;
      if (level.priority === priority) return level;
      if (level.priority > priority) break;
    }
    const level = new Level<T>(priority);
    this.#levels.splice(at, 0, level);
    return level;
  }

  /** The level that is served next, with an item at its head that is not gone. */
  #front(): Level<T> | undefined {
    for (const level of this.#levels) {
      while (level.length > 0) {
        if (!this.#isGone(level.items[level.head]!)) return level;
        level.shift();
        this.#gone--;
      }
    }
    return undefined;
  }

  /** Lets what has waited long enough rise. */
  #age(now: number): void {
    const risen: { item: T; priority: number; deadline: number; queued: number; entered: number }[] = [];
    let next = Infinity;
    for (const level of this.#levels) {
      level.filter((item, at) => {
        const since = level.entered[at]!;
        if (now < since + this.#ageing) {
          next = Math.min(next, since + this.#ageing);
          return true;
        }
        const steps = Math.max(1, Math.floor((now - since) / this.#ageing));
        const entered = since + steps * this.#ageing;
        const priority = Math.max(priorities.highest, level.priority - steps);
        // No deadline of what comes from now on is earlier than this.
        const deadline = Math.min(level.deadlines[at]!, entered);
        risen.push({ item, priority, deadline, queued: level.queued[at]!, entered });
        next = Math.min(next, entered + this.#ageing);
        return false;
      });
    }
    for (const { item, priority, deadline, queued, entered } of risen)
      this.#levelOf(priority).insert(item, deadline, queued, entered);
    this.#nextAgeing = next;
  }
}
