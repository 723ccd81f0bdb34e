import { formatCost, type SearchProgress } from '../../planner/index.ts';

/** What a search has found so far. @param elapsed milliseconds */
export function describeSearch({ phase, best, bound, evaluated }: SearchProgress, elapsed: number): string {
  const found = best === null ? 'no plan yet' : `best ${formatCost(best)}`;
  const least = Number.isFinite(bound) && bound > 0 ? `, none below ${formatCost(bound)}` : '';
  return `${phase}: ${found}${least}, ${evaluated} simulations, ${Math.floor(elapsed / 1000)} s`;
}

/** One line on a terminal, nothing in a pipe. */
export class SearchLine {
  readonly #shown: boolean;
  readonly #started = performance.now();
  #last = -Infinity;

  /** @param quiet shows nothing on a terminal either */
  constructor(quiet: boolean) {
    this.#shown = process.stderr.isTTY === true && !quiet;
  }

  show(progress: SearchProgress): void {
    const now = performance.now();
    if (!this.#shown || now - this.#last < 100) return;
    this.#last = now;
    const line = describeSearch(progress, now - this.#started);
    process.stderr.write(`\r\u001b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
  }

  /** Wipes it, so that something else can be printed. */
  clear(): void {
    if (this.#shown) process.stderr.write('\r\u001b[K');
  }
}
