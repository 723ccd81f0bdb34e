/** What waits for the replicas of a group. */
import { WorkQueue } from '../../planner/index.ts';
import type { WorkItem } from './query.ts';

export class Queue {
  readonly #waiting: WorkQueue<WorkItem>;
  /** What was on a replica already and must run again, before all others; each alone. */
  #again: WorkItem[] = [];

  /** @param ageing milliseconds after which what waits rises by one priority */
  constructor(ageing?: number) {
    this.#waiting = new WorkQueue<WorkItem>(({ dropped }) => dropped, ageing);
  }

  /** Number of items that wait; those whose query ended meanwhile don't count. */
  get length(): number {
    return this.#waiting.length + this.#again.length;
  }

  /** The item that is served next. @param now on the engine's clock */
  first(now: number): WorkItem | undefined {
    return this.#again[0] ?? this.#waiting.first(now);
  }

  /** When the item that has waited longest was queued. Looks at all that waits. */
  oldest(): number {
    return Math.min(this.#waiting.oldest(), ...this.#again.map(({ queued }) => queued));
  }

  push(item: WorkItem): void {
    if (item.alone) {
      this.#again.push(item);
      return;
    }
    const { deadline, priority } = item.query;
    this.#waiting.push(item, item.queued, deadline, priority);
  }

  /** Puts items back that had been taken, in their order, before all others. Each is run alone. */
  putBack(items: readonly WorkItem[]): void {
    this.#again.unshift(...items);
  }

  /** Takes the first items, at most `count`; one that must run alone comes without company. */
  take(count: number, now: number): WorkItem[] {
    const alone = this.#again.shift();
    if (alone) return [alone];
    const taken: WorkItem[] = [];
    while (taken.length < count && this.#waiting.first(now)) taken.push(this.#waiting.shift());
    return taken;
  }

  /** Everything, in its order. */
  all(): WorkItem[] {
    return [...this.#again, ...this.#waiting.all()];
  }

  /** Takes everything, in its order. */
  takeAll(): WorkItem[] {
    const taken = this.all();
    this.#again = [];
    this.#waiting.clear();
    return taken;
  }

  /** Marks an item as not to be run, because its query ended. */
  drop(item: WorkItem): void {
    item.dropped = true;
    const at = this.#again.indexOf(item);
    if (at >= 0) this.#again.splice(at, 1);
    else this.#waiting.drop();
  }
}
