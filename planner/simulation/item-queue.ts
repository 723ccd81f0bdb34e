/** A piece of work that waits, and when it came. */
export interface Waiting {
  work: number;
  came: number;
}

/** A group's queue: a ring of pieces of work and when they came. */
export class ItemQueue {
  #items = new Int32Array(64);
  #times = new Float64Array(64);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The piece of work that waits longest. */
  get first(): number {
    return this.#items[this.#head]!;
  }

  /** When it came, in milliseconds. */
  get came(): number {
    return this.#times[this.#head]!;
  }

  /** The same: it is first come, first served. */
  get oldest(): number {
    return this.#times[this.#head]!;
  }

  push(item: number, now: number): void {
    if (this.#length === this.#items.length) this.#grow();
    const at = (this.#head + this.#length) & (this.#items.length - 1);
    this.#items[at] = item;
    this.#times[at] = now;
    this.#length++;
  }

  /** Takes the first away. */
  shift(): void {
    this.#head = (this.#head + 1) & (this.#items.length - 1);
    this.#length--;
  }

  clear(): void {
    this.#length = 0;
  }

  #grow(): void {
    const size = this.#items.length;
    const items = new Int32Array(2 * size);
    const times = new Float64Array(2 * size);
    for (let i = 0; i < size; i++) {
      const at = (this.#head + i) & (size - 1);
      items[i] = this.#items[at]!;
      times[i] = this.#times[at]!;
    }
    this.#items = items;
    this.#times = times;
    this.#head = 0;
  }
}
