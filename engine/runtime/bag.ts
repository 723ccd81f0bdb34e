/** What a bag can hold: in one bag at a time. */
export interface Placed {
  /** Its place in the bag; -1: in none. */
  place: number;
}

/**
 * A collection in no order, for things that come and go all the time. A Set leaves a trail of outgrown tables, each
 * linked to the next, and what those held counts as alive until a full garbage collection: at thousands of queries a
 * second that is most of what the collector does.
 */
export class Bag<T extends Placed> implements Iterable<T> {
  readonly #members: T[] = [];

  get size(): number {
    return this.#members.length;
  }

  /** Those in it, for a look that changes nothing. */
  get members(): readonly T[] {
    return this.#members;
  }

  add(member: T): void {
    member.place = this.#members.push(member) - 1;
  }

  /** Takes a member out; one that is not in it is left alone. */
  delete(member: T): void {
    const { place } = member;
    if (this.#members[place] !== member) return;
    const last = this.#members.pop()!;
    if (last !== member) {
      this.#members[place] = last;
      last.place = place;
    }
    member.place = -1;
  }

  /** Iterates over those in it now, whatever comes and goes meanwhile. */
  [Symbol.iterator](): Iterator<T> {
    return [...this.#members].values();
  }
}
