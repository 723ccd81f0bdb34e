/** What waits for a group, first come, first served. */
import type { WorkItem } from './query.ts';

export class Queue {
  #items: WorkItem[] = [];
  #head = 0;
  #length = 0;

  /** Number of items that wait; those whose query ended meanwhile don't count. */
  get length(): number {
    return this.#length;
  }

  /** The item that has waited longest. */
  get first(): WorkItem | undefined {
    while (this.#items[this.#head]?.dropped) this.#head++;
    return this.#items[this.#head];
  }

  push(item: WorkItem): void {
    this.#items.push(item);
    this.#length++;
  }

  /** Puts items back that had been taken, in their order, before all others. */
  putBack(items: readonly WorkItem[]): void {
    this.#items.splice(0, this.#head, ...items);
    this.#head = 0;
    this.#length += items.length;
  }

  /** Takes the longest-waiting items, at most `count`; one that must run alone comes without company. */
  take(count: number): WorkItem[] {
    const taken: WorkItem[] = [];
    while (taken.length < count) {
      const item = this.first;
      if (!item || (item.alone && taken.length > 0)) break;
      this.#head++;
      this.#length--;
      taken.push(item);
      if (item.alone) break;
    }
    this.#compact();
    return taken;
  }

  /** Marks an item as not to be run, because its query ended. */
  drop(item: WorkItem): void {
    item.dropped = true;
    this.#length--;
    if (this.#items.length - this.#head > 2 * this.#length + 64) {
      this.#items = this.#items.slice(this.#head).filter(waiting => !waiting.dropped);
      this.#head = 0;
    }
  }

  /** Forgets what has been taken, once that is most of the array. */
  #compact(): void {
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }
}
