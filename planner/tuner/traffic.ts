/** What the last minute's queries were like: how they came, how many items they brought, and how long those took. */

/** Milliseconds that are summed up as one, and how many such sums are kept. */
const span = 5000;
const kept = 12;

/** The last minute, or as much of it as has passed. */
export interface Traffic {
  queries: number;
  /** Queries per second; NaN as long as there is nothing to tell it by. */
  rate: number;
  /** Of the gaps between them: standard deviation over mean; NaN likewise. */
  cv: number;
  /** Queries that were answered. */
  answered: number;
  /** Items of an answered query, by number of the stage. */
  scales: Float64Array;
  /** How many times longer than profiled each stage took, by its number; 1 where it did not run. */
  slower: Float64Array;
}

/** Sums over some seconds. */
interface Part {
  begun: number;
  queries: number;
  /** Milliseconds between arrivals, and their squares. */
  gaps: number;
  squares: number;
  answered: number;
  items: Float64Array;
  /** Milliseconds of batches as they were, and as profiled. */
  took: Float64Array;
  profiled: Float64Array;
}

export class RecentTraffic {
  readonly #stages: number;
  readonly #parts: Part[] = [];
  #last = NaN;

  /** @param stages how many the pipeline has */
  constructor(stages: number) {
    this.#stages = stages;
  }

  arrive(now: number): void {
    const part = this.#part(now);
    part.queries++;
    if (!Number.isNaN(this.#last)) {
      const gap = now - this.#last;
      part.gaps += gap;
      part.squares += gap * gap;
    }
    this.#last = now;
  }

  /** A query was answered. @param items it brought, by number of the stage */
  answer(now: number, items: ArrayLike<number>): void {
    const part = this.#part(now);
    part.answered++;
    for (let stage = 0; stage < this.#stages; stage++) part.items[stage]! += items[stage]!;
  }

  /** A batch passed a stage. @param took milliseconds it took, and `profiled` what the profile says */
  ran(now: number, stage: number, took: number, profiled: number): void {
    const part = this.#part(now);
    part.took[stage]! += took;
    part.profiled[stage]! += profiled;
  }

  /** @param now milliseconds */
  at(now: number): Traffic {
    this.#forget(now);
    const sum = (of: (part: Part) => number) => this.#parts.reduce((total, part) => total + of(part), 0);
    const queries = sum(part => part.queries);
    const answered = sum(part => part.answered);
    const mean = sum(part => part.gaps) / queries;
    const square = sum(part => part.squares) / queries;
    const seconds = (now - (this.#parts[0]?.begun ?? now)) / 1000;
    return {
      queries,
      rate: seconds > 0 ? queries / seconds : NaN,
      cv: Math.sqrt(Math.max(0, square - mean * mean)) / mean,
      answered,
      scales: Float64Array.from({ length: this.#stages }, (_, s) => sum(({ items }) => items[s]!) / answered),
      slower: Float64Array.from({ length: this.#stages }, (_, s) => {
        const profiled = sum(part => part.profiled[s]!);
        return profiled > 0 ? sum(({ took }) => took[s]!) / profiled : 1;
      }),
    };
  }

  #part(now: number): Part {
    const last = this.#parts.at(-1);
    if (last && now < last.begun + span) return last;
    const column = () => new Float64Array(this.#stages);
    const part: Part = {
      begun: last ? last.begun + span * Math.floor((now - last.begun) / span) : now,
      queries: 0,
      gaps: 0,
      squares: 0,
      answered: 0,
      items: column(),
      took: column(),
      profiled: column(),
    };
    this.#parts.push(part);
    this.#forget(now);
    return part;
  }

  #forget(now: number): void {
    while (this.#parts.length > 0 && this.#parts[0]!.begun + kept * span < now) this.#parts.shift();
  }
}
