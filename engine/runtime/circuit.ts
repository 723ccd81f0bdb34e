/**
 * Keeps queries away from a group whose workers keep ending (a circuit breaker; Nygard, Release It!, 2007). While it is
 * open, queries that need the group are refused at once. Once a new worker is ready it is half-open: one item at a time
 * tries it, and the first that comes back closes it.
 */

/** So many losses within so many milliseconds, the last of them of the last live worker, open it. */
const crashLoop = { losses: 5, within: 30_000 };

export class Circuit {
  #state: 'closed' | 'open' | 'half-open' = 'closed';
  /** When workers were lost lately. */
  #losses: number[] = [];
  #why = '';

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isHalfOpen(): boolean {
    return this.#state === 'half-open';
  }

  /** Why it is open, as the end of a sentence that begins with the group. */
  get why(): string {
    return this.#why;
  }

  /**
   * A worker was lost.
   * @param how in brackets
   * @param live workers that are left
   * @returns whether that opened it
   */
  lost(now: number, how: string, live: number): boolean {
    this.#losses = [...this.#losses.filter(time => time > now - crashLoop.within), now];
    const count = this.#losses.length;
    if (live > 0 || this.isOpen || (count < crashLoop.losses && !this.isHalfOpen)) return false;
    const times = count === 1 ? 'last worker ended' : `workers ended ${count} times within 30 s`;
    return this.#open(`its ${times} (${how})`);
  }

  /** A worker could not be started. @returns whether that opened it */
  startFailed(live: number): boolean {
    if (live > 0 || this.isOpen) return false;
    return this.#open('no worker is left and none could be started');
  }

  /** A worker is ready. */
  ready(): void {
    if (this.isOpen) this.#state = 'half-open';
  }

  /** A batch came back. @returns whether that closed it */
  succeeded(): boolean {
    if (!this.isHalfOpen) return false;
    this.#state = 'closed';
    this.#losses = [];
    return true;
  }

  #open(why: string): true {
    this.#state = 'open';
    this.#why = why;
    return true;
  }
}
