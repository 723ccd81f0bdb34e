/** A binary heap of numbered events: earliest first, then in the order they were pushed. */
export class EventHeap {
  #times: Float64Array;
  #sequences: Float64Array;
  #ids: Int32Array;
  #size = 0;

  /** @param capacity most events at a time */
  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#sequences = new Float64Array(capacity);
    this.#ids = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Time of the first event; Infinity if there is none. */
  get time(): number {
    return this.#size === 0 ? Infinity : this.#times[0]!;
  }

  get sequence(): number {
    return this.#sequences[0]!;
  }

  /** Makes room for so many events at a time, if there is less. */
  reserve(capacity: number): void {
    if (capacity <= this.#ids.length) return;
    const [times, sequences, ids] = [this.#times, this.#sequences, this.#ids];
    this.#times = new Float64Array(capacity);
    this.#sequences = new Float64Array(capacity);
    this.#ids = new Int32Array(capacity);
    this.#times.set(times);
    this.#sequences.set(sequences);
    this.#ids.set(ids);
  }

  push(time: number, sequence: number, id: number): void {
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const before = this.#times[parent]!;
      if (before < time || (before === time && this.#sequences[parent]! < sequence)) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, time, sequence, id);
  }

  /** Takes the first event away and returns its number. */
  pop(): number {
    const first = this.#ids[0]!;
    const last = --this.#size;
    if (last === 0) return first;
    const time = this.#times[last]!;
    const sequence = this.#sequences[last]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= last) break;
      if (child + 1 < last && this.#before(child + 1, child)) child++;
      const other = this.#times[child]!;
      if (time < other || (time === other && sequence < this.#sequences[child]!)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, time, sequence, this.#ids[last]!);
    return first;
  }

  #before(a: number, b: number): boolean {
    const difference = this.#times[a]! - this.#times[b]!;
    return difference < 0 || (difference === 0 && this.#sequences[a]! < this.#sequences[b]!);
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from]!;
    this.#sequences[to] = this.#sequences[from]!;
    this.#ids[to] = this.#ids[from]!;
  }

  #put(at: number, time: number, sequence: number, id: number): void {
    this.#times[at] = time;
    this.#sequences[at] = sequence;
    this.#ids[at] = id;
  }
}
