import { QueryDraws } from './query-draws.ts';
import type { Structure } from './structure.ts';

/** What simulated queries of several pipelines bring: what they would in their own, and nothing to the others. */
export class UnionDraws {
  readonly counts: Int32Array;
  readonly open: Uint8Array;
  readonly #parts: readonly { draws: QueryDraws; work: number; fanOut: number }[];
  readonly #partOf: Uint8Array;
  /** Number of each query within its pipeline. */
  readonly #numbers: Int32Array;

  /** @param partOf which pipeline each query is of */
  constructor(structure: Structure, seed: number, partOf: Uint8Array) {
    this.counts = new Int32Array(structure.fanOuts.length);
    this.open = new Uint8Array(structure.width);
    let work = 0;
    let fanOut = 0;
    this.#parts = structure.parts!.map(part => {
      const place = { draws: new QueryDraws(part, seed), work, fanOut };
      work += part.width;
      fanOut += part.fanOuts.length;
      return place;
    });
    this.#partOf = partOf;
    const seen = this.#parts.map(() => 0);
    this.#numbers = Int32Array.from(partOf, part => seen[part]!++);
  }

  /** Draws what query number `query` brings into `counts` and `open`. */
  draw(query: number): void {
    const { draws, work, fanOut } = this.#parts[this.#partOf[query]!]!;
    draws.draw(this.#numbers[query]!);
    this.open.fill(0);
    this.open.set(draws.open, work);
    this.counts.fill(0);
    this.counts.set(draws.counts, fanOut);
  }
}
