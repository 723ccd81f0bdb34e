/** The queries of one stream that are not answered yet, and when each answer may go. */
import type { Asked } from './asked.ts';
import type { Outbox } from './outbox.ts';
import type { Frame } from './replies.ts';

export class InFlight {
  readonly #outbox: Outbox;
  /** By id, or by themselves if they have none of their own. Made for the first: most streams are idle. */
  #queries: Map<string | Asked, Asked> | null = null;
  /** As they were asked; null if answers go as they finish. */
  readonly #order: Asked[] | null;

  constructor(outbox: Outbox, ordered: boolean) {
    this.#outbox = outbox;
    this.#order = ordered ? [] : null;
  }

  get size(): number {
    return this.#queries === null ? 0 : this.#queries.size;
  }

  get(id: string): Asked | undefined {
    return this.#queries?.get(id);
  }

  /** Takes a query in. False if one of its id is in already: both are in then, but only the first can be called. */
  add(asked: Asked): boolean {
    const queries = (this.#queries ??= new Map());
    const isFirst = asked.id === undefined || !queries.has(asked.id);
    if (!isFirst || asked.id === undefined) asked.key = asked;
    queries.set(asked.key, asked);
    this.#order?.push(asked);
    return isFirst;
  }

  /** Answers a query: at once, or when its turn has come. What comes after its answer is ignored. */
  settle(asked: Asked, answer: Frame): void {
    if (asked.settled) return;
    asked.settled = true;
    if (this.#order === null) this.#send(asked, answer);
    else if (this.#order[0] !== asked) {
      asked.answer = answer;
      this.#outbox.hold(answer);
    } else {
      this.#order.shift();
      this.#send(asked, answer);
      this.#sendWaiting(this.#order);
    }
  }

  /** Puts another answer in the place of one that waits for its turn. */
  replace(asked: Asked, answer: Frame): void {
    this.#outbox.release(asked.answer!);
    asked.answer = answer;
    this.#outbox.hold(answer);
  }

  /** Cancels them all. */
  abort(): void {
    for (const asked of this.all()) asked.abort();
  }

  all(): Asked[] {
    return this.#queries === null ? [] : [...this.#queries.values()];
  }

  #sendWaiting(order: Asked[]): void {
    for (let [first] = order; first !== undefined && first.answer !== null; [first] = order) {
      order.shift();
      this.#outbox.release(first.answer);
      this.#send(first, first.answer);
    }
  }

  #send(asked: Asked, answer: Frame): void {
    this.#queries!.delete(asked.key);
    this.#outbox.send(answer);
  }
}
